"""fhirclient, SMART's client for Python, plays the referral loop with its own models, which check what they read and write."""

import asyncio
import sys

import referral
from fhirclient import client
from fhirclient.models.appointment import Appointment
from fhirclient.models.bundle import Bundle
from fhirclient.models.capabilitystatement import CapabilityStatement
from fhirclient.models.codesystem import CodeSystem
from fhirclient.models.consent import Consent
from fhirclient.models.encounter import Encounter
from fhirclient.models.fhirdatetime import FHIRDateTime
from fhirclient.models.observation import Observation
from fhirclient.models.organization import Organization
from fhirclient.models.parameters import Parameters
from fhirclient.models.patient import Patient
from fhirclient.models.provenance import Provenance
from fhirclient.models.servicerequest import ServiceRequest
from fhirclient.models.task import Task
from fhirclient.server import FHIRNotFoundException, FHIRUnauthorizedException
from referral import EHR
from requests.exceptions import HTTPError
from steps import Steps, refused, same, that

NAME = "fhirclient"


def own(key):
    """Gives a business identifier that no other run has."""
    return f"{NAME}-{key}"


def ref(resource):
    return {"reference": resource.relativePath()}


def told(parameters, name):
    """Gives the value of a parameter, or nothing where there is none."""
    for one in parameters.parameter:
        if one.name == name:
            return one.valueCode or one.valueString or one.valueInteger or ""
    return ""


class Loop:
    def __init__(self, base):
        self.smart = client.FHIRClient(settings={"app_id": "warmhandoff", "api_base": base})
        self.server = self.smart.server

    def make(self, kind, body):
        """Creates a resource and gives it as its model holds it."""
        made = kind(kind(body).create(self.server))
        that(made.id and made.meta.versionId, f"not made: {made.as_json()}")
        made.origin_server = self.server
        return made

    def put(self, resource):
        """Updates a resource and gives it as it is then."""
        made = resource.__class__(resource.update(self.server))
        made.origin_server = self.server
        return made

    def stands(self, state, grade=""):
        """Holds what $handoff says of the Task against what should be so."""
        answer = Parameters.read_from(f"{self.task.relativePath()}/$handoff", self.server)
        same(state, told(answer, "state"), "state")
        same(grade, told(answer, "grade"), "grade")
        return answer

    # The story.

    def prepare(self):
        same(True, self.smart.prepare(), "ready without a login")
        same("4.0.1", self.server.capabilityStatement.fhirVersion, "version")
        statement = CapabilityStatement.read_from("metadata", self.server)
        task = next(r for r in statement.rest[0].resource if r.type == "Task")
        that("owner" in [p.name for p in task.searchParam], "Task cannot be searched by owner")

    def refer(self):
        self.clinic = self.make(Organization, referral.organization(own("clinic"), "Bayview Clinic"))
        self.agency = self.make(Organization, referral.organization(own("agency"), "Harbor House"))
        self.person = self.make(Patient, referral.person(own("ada"), "Ada"))
        self.consent = self.make(Consent, referral.consent(ref(self.person), ref(self.clinic), ref(self.agency)))
        self.request = self.make(ServiceRequest, referral.request(own("request"), ref(self.person), ref(self.clinic), ref(self.consent)))
        self.task = self.make(Task, referral.task(own("task"), ref(self.request), ref(self.person), ref(self.clinic), ref(self.agency)))
        self.stands("offered")

    def tasks(self, **more):
        return Task.where({"owner": self.agency.relativePath(), "code": "fulfill"} | more)

    def poll(self):
        found = list(self.tasks(status="requested").include("focus").include("owner").perform_resources_iter(self.server))
        same(["Organization", "ServiceRequest", "Task"], sorted(r.resource_type for r in found), "found")
        same(self.task.as_json(), next(r for r in found if r.resource_type == "Task").as_json(), "the Task as it was answered and as it was found")

    def move(self, status):
        self.task = Task.read(self.task.id, self.server)
        self.task.status, self.task.lastModified = status, FHIRDateTime(referral.hours(0))
        self.task = self.put(self.task)

    def accept(self):
        self.move("accepted")
        same("accepted", self.task.status, "status")
        self.stands("accepted")

    def book(self):
        self.booking = self.make(Appointment, referral.booking(ref(self.request), ref(self.person)))
        self.stands("scheduled")

    def miss(self):
        self.booking.status = "noshow"
        self.booking = self.put(self.booking)
        same("missed", told(self.stands("outreach"), "reason"), "reason")

    def claim(self):
        self.move("in-progress")
        self.move("completed")
        same("in-progress", self.task.status, "the status that came back")
        self.stands("unconfirmed")

    def come(self):
        self.booking = self.make(Appointment, referral.booking(ref(self.request), ref(self.person)))
        self.visit = self.make(Encounter, referral.visit(ref(self.booking), ref(self.person), ref(self.agency)))
        self.stands("attended", "A")
        self.task = Task.read(self.task.id, self.server)
        same("completed", self.task.status, "status")
        shown = [o.valueReference.reference for o in self.task.output if o.type.coding[0].code == "evidence"]
        same([self.visit.relativePath()], shown, "evidence")

    def history(self):
        all_of = Bundle.read_from(f"{self.task.relativePath()}/_history", self.server)
        said = [e.resource.status for e in all_of.entry]
        same(("completed", "requested"), (said[0], said[-1]), "newest and oldest")
        first = Task.read_from(f"{self.task.relativePath()}/_history/1", self.server)
        same(("requested", "1"), (first.status, first.meta.versionId), "the first version")
        since = Bundle.read_from(f"{self.task.relativePath()}/_history?_since={all_of.entry[0].resource.meta.lastUpdated.as_json()}", self.server)
        same(1, len(since.entry), "versions since the newest")

    # One resource.

    def whole(self):
        read = Patient.read(self.person.id, self.server).as_json()
        sent = referral.person(own("ada"), "Ada")
        same(sent, {k: v for k, v in read.items() if k in sent}, "what came back")

    def resolve(self):
        task = Task.read(self.task.id, self.server)
        same(own("request"), task.focus.resolved(ServiceRequest).identifier[0].value, "request")
        found = next(self.tasks().include("focus").perform_iter(self.server))
        found.origin_server = self.server
        mine = next(e.resource for e in found.entry if e.resource.resource_type == "Task")
        same(self.request.id, mine.focus.resolved(ServiceRequest).id, "request, out of the Bundle")

    def update(self):
        self.agency.alias = ["The Harbor"]
        self.agency = self.put(self.agency)
        same(("2", ["The Harbor"]), (self.agency.meta.versionId, self.agency.alias), "version and alias")
        same("2", self.put(self.agency).meta.versionId, "version after the same again")

    async def delete(self):
        spare = self.make(Organization, referral.organization(own("spare"), "Spare"))
        spare.delete(self.server)
        error = await refused(HTTPError, lambda: Organization.read(spare.id, self.server))
        same((410, "OperationOutcome"), (error.response.status_code, error.response.json()["resourceType"]), "gone")

    # Searches.

    def search(self):
        for query in ({"status": {"$or": ["completed", "accepted"]}}, {"patient": {"$type": "Patient", "identifier": f"{EHR}|{own('ada')}"}}, {"_lastUpdated": "ge" + referral.hours(-1)},
                      {"status:not": "requested"}, {"focus": self.request.relativePath()}, {"subject": self.person.id}):
            found = list(self.tasks(**query).perform_resources_iter(self.server))
            same([self.task.id], [r.id for r in found], f"found by {self.tasks(**query).construct()}")
        same([], list(self.tasks(status="rejected").perform_resources_iter(self.server)), "found by another status")

    def back(self):
        signed = {"resourceType": "Provenance", "target": [ref(self.person)], "recorded": referral.hours(0), "agent": [{"who": ref(self.clinic)}]}
        self.make(Provenance, signed)
        found = list(Patient.where({"_id": self.person.id}).include("target", Provenance, reverse=True).perform_resources_iter(self.server))
        same(["Patient", "Provenance"], sorted(r.resource_type for r in found), "found")
        # fhirclient lets through only names of elements, and for_fhir is how it calls Task.for: the search parameters are patient and subject. We say so.
        found = list(Patient.where({"_id": self.person.id}).include("for_fhir", Task, reverse=True).perform_resources_iter(self.server))
        same(["OperationOutcome", "Patient"], sorted(r.resource_type for r in found), "found")
        that("_revinclude must be Type:parameter" in found[-1].issue[0].diagnostics, found[-1].issue[0].diagnostics)

    def pages(self):
        for day in range(1, 13):
            self.make(Observation, referral.observation(ref(self.person), day))
        query = Observation.where({"subject": self.person.relativePath(), "_sort": "-date", "_count": "5"})
        sizes = [len(page.entry) for page in query.perform_iter(self.server)]
        same([5, 5, 2], sizes, "sizes")
        days = [o.effectiveDateTime.as_json() for o in query.perform_resources_iter(self.server)]
        same([f"2026-03-{day:02}" for day in range(12, 0, -1)], days, "days")

    # Bundles and operations.

    def transaction(self):
        answer = Bundle(Bundle(referral.transaction(own("gil"))).create(self.server))
        same(("transaction-response", ["201"] * 6), (answer.type, [e.response.status[:3] for e in answer.entry]), "answer")
        made = Task.read_from(answer.entry[5].response.location, self.server)
        same("requested", made.status, "status")
        self.gil = made
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "GET", "url": u}} for u in (made.relativePath(), "Task/nobody")]}
        answer = Bundle(Bundle(batch).create(self.server))
        same(["200", "404"], [e.response.status[:3] for e in answer.entry], "statuses of a batch")

    def operations(self):
        all_of = Bundle.read_from(f"{self.person.relativePath()}/$everything", self.server)
        that({"Consent", "Patient", "ServiceRequest", "Task"} <= {e.resource.resource_type for e in all_of.entry}, "something lacks")
        parcel = self.server.request_json(f"{self.gil.relativePath()}/$package")
        that("ServiceRequest" in str(parcel), "no request in what goes to the agency")
        judged = self.server.post_json("Task/$validate", {"resourceType": "Task", "status": "nonsense", "intent": "order"}).json()
        that(any("Task.status" in i.get("expression", []) for i in judged["issue"]), str(judged))
        states = next(CodeSystem.where({"url": "urn:warmhandoff:state"}).perform_resources_iter(self.server))
        that("attended" in [c.code for c in states.concept], "no attended among the states")

    # What is refused.

    async def closed(self):
        self.gil.status = "completed"
        error = await refused(HTTPError, lambda: self.gil.update(self.server))
        issue = error.response.json()["issue"][0]
        same((422, "business-rule"), (error.response.status_code, issue["code"]), "refusal")
        same(issue["details"]["text"], issue["diagnostics"], "words")

    async def wrong(self):
        error = await refused(HTTPError, lambda: self.server.post_json("Task", {"resourceType": "Task", "status": "nonsense"}))
        paths = [p for i in error.response.json()["issue"] for p in i.get("expression", [])]
        that(error.response.status_code == 400 and {"Task.status", "Task.intent"} <= set(paths), f"paths: {paths}")

    async def absent(self):
        error = await refused(FHIRNotFoundException, lambda: Patient.read("nobody", self.server))
        same("not-found", error.response.json()["issue"][0]["code"], "code")

    async def token(self):
        self.server.session.headers["Authorization"] = "Bearer not-a-token"
        try:
            await refused(FHIRUnauthorizedException, lambda: Patient.read(self.person.id, self.server))
        finally:
            del self.server.session.headers["Authorization"]


async def main():
    steps, loop = Steps(NAME), Loop(referral.base())
    for what, work in (
        ("it finds out what the server can", loop.prepare), ("an EHR refers a person", loop.refer), ("the agency finds what it is asked", loop.poll),
        ("the agency accepts", loop.accept), ("a visit is booked", loop.book), ("the person does not come", loop.miss),
        ("that it is said to be completed does not make it so", loop.claim), ("she comes the next time", loop.come), ("history", loop.history),
        ("what was sent comes back whole", loop.whole), ("references are followed", loop.resolve), ("update", loop.update), ("delete", loop.delete),
        ("searches", loop.search), ("what refers to it", loop.back), ("pages", loop.pages), ("a transaction and a batch", loop.transaction),
        ("operations", loop.operations), ("a move that is not open", loop.closed), ("what is wrong is said, all of it", loop.wrong),
        ("what is not there", loop.absent), ("a token, where none is given out", loop.token),
    ):
        await steps.step(what, work)
    sys.exit(0 if steps.sum() else 1)


asyncio.run(main())
