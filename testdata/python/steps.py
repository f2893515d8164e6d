"""Counts steps. A step that raises has failed; the next ones are tried all the same."""

import inspect
import traceback


class Steps:
    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    async def step(self, what, work):
        """Does one step, be it a coroutine function or not, and says what came of it."""
        try:
            await done(work())
        except Exception:
            self.failed += 1
            print(f"{self.name}: FAILED: {what}\n{traceback.format_exc()}")
            return
        self.passed += 1
        print(f"{self.name}: ok: {what}")

    def sum(self):
        """Prints how many steps passed and failed, and gives whether all did."""
        print(f"{self.name}: {self.passed} passed, {self.failed} failed")
        return self.failed == 0


async def done(value):
    """Gives what a call gives, now or when it is awaited."""
    return await value if inspect.isawaitable(value) else value


def same(want, got, of):
    if want != got:
        raise AssertionError(f"{of}: wanted {want!r}, got {got!r}")


def that(holds, otherwise):
    if not holds:
        raise AssertionError(otherwise)


async def refused(kind, work):
    """Gives the exception of the kind that the work must end with."""
    try:
        await done(work())
    except kind as error:
        return error
    raise AssertionError(f"wanted {kind.__name__}, and it was done")
