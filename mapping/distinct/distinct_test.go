package distinct

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestPropertyEachThingStandsOnceInTheOrderInWhichItCame adds few things and many, some again, and compares with looking through a plain list.
func TestPropertyEachThingStandsOnceInTheOrderInWhichItCame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		things := rapid.SliceOfN(rapid.IntRange(0, 3*Few), 0, 6*Few).Draw(r, "things")
		begun := rapid.IntRange(0, len(things)).Draw(r, "begun")
		list := Of(things[:begun]...)
		var plain []int
		for i, one := range things {
			is := !slices.Contains(plain, one)
			if is {
				plain = append(plain, one)
			}
			if i >= begun {
				require.Equal(r, !is, list.Has(one))
				require.Equal(r, is, list.Put(one))
			}
			require.True(r, i < begun || list.Has(one))
		}
		require.Equal(r, plain, list.Items())
		require.Equal(r, len(plain), list.Len())
		require.False(r, list.Has(-1))
	})
}

func TestFewThingsPayForNoSet(t *testing.T) {
	t.Parallel()
	var list List[int]
	assert.Nil(t, list.Items())
	for i := range Few {
		list.Put(i)
	}
	assert.Nil(t, list.set)
	list.Put(Few)
	assert.Len(t, list.set, Few+1)
	nobody := Of[int]()
	assert.Nil(t, nobody.Items())
}
