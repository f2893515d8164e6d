"""fhirpy plays the referral loop, with its client that waits and with the one that is awaited: the calls are the same."""

import asyncio
import json
import sys

import referral
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, MultipleResourcesFound, OperationOutcome, ResourceNotFound
from referral import EHR, to, value
from steps import Steps, done, refused, same, that


class Loop:
    def __init__(self, client, name):
        self.client, self.name = client, name

    def own(self, key):
        """Gives a business identifier that no other run has."""
        return f"{self.name}-{key}"

    async def make(self, body):
        """Creates a resource and gives it as fhirpy holds it."""
        made = self.client.resource(**{("resource_type" if k == "resourceType" else k): v for k, v in body.items()})
        await done(made.save())
        that(made.id and made.meta.versionId == "1", f"not made: {made.serialize()}")
        return made

    async def stands(self, state, grade=""):
        """Holds what $handoff says of the Task against what should be so."""
        told = await done(self.task.execute("$handoff", method="get"))
        same(state, value(told, "state"), "state")
        same(grade, value(told, "grade"), "grade")
        return told

    # The story.

    async def refer(self):
        self.clinic = await self.make(referral.organization(self.own("clinic"), "Bayview Clinic"))
        self.agency = await self.make(referral.organization(self.own("agency"), "Harbor House"))
        self.person = await self.make(referral.person(self.own("ada"), "Ada"))
        allowed = await self.make(referral.consent(to(self.person), to(self.clinic), to(self.agency)))
        self.request = await self.make(referral.request(self.own("request"), to(self.person), to(self.clinic), to(allowed)))
        self.task = await self.make(referral.task(self.own("task"), to(self.request), to(self.person), to(self.clinic), to(self.agency)))
        await self.stands("offered")

    def tasks(self):
        return self.client.resources("Task").search(owner=self.agency.to_reference(), code="fulfill")

    async def poll(self):
        found = await done(self.tasks().search(status="requested").include("Task", "focus").sort("-_lastUpdated").fetch_raw())
        same(["Task", "ServiceRequest"], [e.resource.resourceType for e in found.entry], "found")
        same("match", found.entry[0].search.mode, "mode")

    async def accept(self):
        mine = await done(self.tasks().first())
        mine["status"] = "accepted"
        await done(mine.save())
        same("accepted", mine.status, "status")
        that(int(mine.meta.versionId) > 1, "no new version")
        self.task = mine
        await self.stands("accepted")

    async def miss(self):
        booked = await self.make(referral.booking(to(self.request), to(self.person)))
        await self.stands("scheduled")
        booked["status"] = "noshow"
        await done(booked.update())
        same("missed", value(await self.stands("outreach"), "reason"), "reason")

    async def claim(self):
        await done(self.task.refresh())
        for status in ("in-progress", "completed"):
            self.task["status"] = status
            await done(self.task.save())
        same("in-progress", self.task.status, "the status that came back")
        await self.stands("unconfirmed")

    async def come(self):
        booked = await self.make(referral.booking(to(self.request), to(self.person)))
        self.visit = await self.make(referral.visit(to(booked), to(self.person), to(self.agency)))
        await self.stands("attended", "A")
        await done(self.task.refresh())
        same("completed", self.task.status, "status")

    # One resource.

    async def refresh(self):
        before = self.person.serialize()
        await done(self.person.refresh())
        same(before, self.person.serialize(), "what has not changed")
        read = await done(self.client.get("Patient", self.person.id))
        same("Quince", read["name"][0]["family"], "family")

    async def resolve(self):
        focus = await done(self.client.reference("ServiceRequest", self.request.id).to_resource())
        same("Counseling, first visit", focus.code.text, "code")
        again = await done(self.task.focus.to_resource())
        same(self.request.id, again.id, "id")

    async def once(self):
        body = referral.organization(self.own("oak"), "Oak")
        oaks = self.client.resources("Organization").search(identifier=f"{EHR}|{self.own('oak')}")
        for want in (True, False):
            oak, created = await done(oaks.get_or_create(self.client.resource("Organization", **strip(body))))
            same(want, created, "created")
            same("1", oak.meta.versionId, "version")
        oak, created = await done(oaks.update(self.client.resource("Organization", **strip(body | {"name": "Oak House"}))))
        same((False, "Oak House", "2"), (created, oak.name, oak.meta.versionId), "updated under a condition")
        same(1, await done(oaks.count()), "count")
        same("Oak House", (await done(oaks.get())).name, "the one that there is")

    async def create_where(self):
        oak = self.client.resource("Organization", **strip(referral.organization(self.own("oak"), "Another")))
        await done(oak.create(identifier=f"{EHR}|{self.own('oak')}"))
        same("Oak House", oak.name, "name of what was there")

    async def delete(self):
        spare = await self.make(referral.organization(self.own("spare"), "Spare"))
        await done(spare.delete())
        gone = await refused(ResourceNotFound, lambda: self.client.get("Organization", spare.id))
        that("deleted" in str(gone), str(gone))
        for n in range(2):
            await done(self.client.resources("Organization").search(identifier=f"{EHR}|{self.own('oak')}").delete())

    async def patch(self):
        """fhirpy patches with JSON Merge Patch as application/json, which R4 does not have: it is told which formats are right."""
        error = await refused(OperationOutcome, lambda: self.person.patch(active=True))
        that("application/json-patch+json" in str(error), str(error))
        same("not-supported", error.resource["issue"][0]["code"], "code")
        await done(self.person.refresh())

    # Searches.

    async def search(self):
        same([self.task.id], [t.id for t in await done(self.tasks().search(patient__Patient__identifier=f"{EHR}|{self.own('ada')}").fetch())], "by a chain")
        same([], await done(self.tasks().search(status__not=[self.task.status]).fetch()), "by not")
        same(1, len(await done(self.tasks().search(_lastUpdated__ge=referral.hours(-1)).fetch())), "by time")
        same(1, len(await done(self.tasks().search(owner__missing=False).fetch())), "not missing")
        found = await done(self.client.resources("Patient").search(identifier=f"{EHR}|{self.own('ada')}").has("Task", "patient", owner=to(self.agency)["reference"]).fetch())
        same([self.person.id], [p.id for p in found], "by _has")
        part = await done(self.tasks().elements("status", "owner").first())
        that(part.get("status") and not part.get("focus"), f"not what was asked for: {part.serialize()}")
        back = await done(self.client.resources("Patient").search(_id=self.person.id).revinclude("Task", "patient").fetch_raw())
        that("Task" in [e.resource.resourceType for e in back.entry], "nothing included")

    async def pages(self):
        for day in range(1, 13):
            await self.make(referral.observation(to(self.person), day))
        mine = self.client.resources("Observation").search(subject=to(self.person)["reference"]).sort("-date").limit(5)
        days = [o.effectiveDateTime for o in await done(mine.fetch_all())]
        same([f"2026-03-{day:02}" for day in range(12, 0, -1)], days, "days")
        same(5, len(await done(mine.fetch())), "first page")
        same(12, await done(self.client.resources("Observation").search(subject=to(self.person)["reference"]).count()), "count")

    async def history(self):
        told = await done(self.task.execute("_history", method="get"))
        said = [e.resource.status for e in told.entry]
        same("requested", said[-1], "oldest")
        that("accepted" in said, f"nobody accepted: {said}")
        since = await done(self.task.execute("_history", method="get", params={"_since": told.entry[0].resource.meta.lastUpdated}))
        same(1, len(since.entry), "versions since the newest")

    # Bundles and operations.

    async def transaction(self):
        answer = await done(self.client.execute("", data=referral.transaction(self.own("gil"))))
        same(["201"] * 6, [e.response.status[:3] for e in answer.entry], "statuses")
        made = await done(self.client.resources("Task").search(identifier=f"{EHR}|{self.own('gil-task')}").get())
        told = await done(made.execute("$handoff"))
        same("offered", value(told, "state"), "state")
        self.gil = made
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": u}} for u in (f"Task/{made.id}", "Task/nobody")]}
        answer = await done(self.client.execute("", data=batch))
        same(["200", "404"], [e.response.status[:3] for e in answer.entry], "statuses of a batch")

    async def everything(self):
        all_of = await done(self.client.resource("Patient", id=self.person.id).execute("$everything", method="get"))
        that({"Consent", "Patient", "ServiceRequest", "Task"} <= {e.resource.resourceType for e in all_of.entry}, "something lacks")

    async def validate(self):
        good = self.client.resource("Task", status="requested", intent="order")
        same(True, await done(good.is_valid()), "valid")
        bad = self.client.resource("Task", status="nonsense", intent="order")
        same(False, await done(bad.is_valid()), "valid")
        error = await refused(OperationOutcome, lambda: bad.is_valid(raise_exception=True))
        that(any("Task.status" in i.get("expression", []) for i in error.resource["issue"]), str(error))

    # What is refused.

    async def wrong(self):
        error = await refused(OperationOutcome, self.client.resource("Task", status="nonsense").save)
        paths = [p for i in error.resource["issue"] for p in i.get("expression", [])]
        that({"Task.status", "Task.intent"} <= set(paths), f"paths: {paths}")
        for i in error.resource["issue"]:
            same(i["details"]["text"], i["diagnostics"], "words")

    async def move(self):
        self.gil["status"] = "completed"
        error = await refused(OperationOutcome, self.gil.save)
        same("business-rule", error.resource["issue"][0]["code"], "code")

    async def several(self):
        for name in ("Ash", "Ash House"):
            await self.make(referral.organization(self.own("ash"), name))
        ashes = self.client.resources("Organization").search(identifier=f"{EHR}|{self.own('ash')}")
        for call in (lambda: ashes.get(), lambda: ashes.get_or_create(self.client.resource("Organization", name="Ash")), lambda: ashes.delete()):
            await refused(MultipleResourcesFound, call)

    async def absent(self):
        error = await refused(ResourceNotFound, lambda: self.client.get("Patient", "nobody"))
        same("not-found", json.loads(str(error))["issue"][0]["code"], "code")
        same(0, await done(self.client.resources("Patient").search(_id="nobody").count()), "count")
        same(None, await done(self.client.resources("Patient").search(_id="nobody").first()), "first")

    async def unknown(self):
        error = await refused(OperationOutcome, lambda: self.client.resources("Task").search(authored_on="yesterday").fetch())
        that("authored-on" in str(error), str(error))


def strip(body):
    return {k: v for k, v in body.items() if k != "resourceType"}


async def play(client, name):
    steps, loop = Steps(name), Loop(client, name)
    for what, work in (
        ("an EHR refers a person", loop.refer), ("the agency finds what it is asked", loop.poll), ("the agency accepts", loop.accept),
        ("what has not changed is not read again", loop.refresh), ("references are followed", loop.resolve),
        ("the person does not come", loop.miss), ("that it is said to be completed does not make it so", loop.claim), ("she comes the next time", loop.come),
        ("one is made, however often it is asked", loop.once), ("create under a condition", loop.create_where), ("delete", loop.delete),
        ("a patch in a format that R4 lacks", loop.patch), ("searches", loop.search), ("pages", loop.pages), ("history", loop.history),
        ("a transaction and a batch", loop.transaction), ("all of a person", loop.everything), ("validate", loop.validate),
        ("what is wrong is said, all of it", loop.wrong), ("a move that is not open", loop.move), ("several where one is meant", loop.several),
        ("what is not there", loop.absent), ("a search that is not understood", loop.unknown),
    ):
        await steps.step(what, work)
    return steps.sum()


async def main():
    passed = await play(AsyncFHIRClient(referral.base()), "fhirpy-async")
    passed &= await play(SyncFHIRClient(referral.base()), "fhirpy-sync")
    token = SyncFHIRClient(referral.base(), authorization="Bearer not-a-token")
    steps = Steps("fhirpy-token")
    await steps.step("a token, where none is given out", lambda: refused(AuthorizationError, lambda: token.get("Patient", "nobody")))
    sys.exit(0 if steps.sum() and passed else 1)


asyncio.run(main())
