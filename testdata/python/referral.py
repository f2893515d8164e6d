"""The resources of a referral, all fictional, as JSON. Times are in whole seconds."""

import datetime
import os
import sys

EHR = "urn:example:ehr"


def base():
    """Gives where the server is."""
    found = os.environ.get("FHIR_BASE")
    if not found:
        sys.exit("FHIR_BASE must say where the server is, such as http://127.0.0.1:8080/fhir")
    return found


def hours(from_now):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=from_now)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def to(resource):
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def coded(system, code):
    return {"coding": [{"system": system, "code": code}]}


def value(parameters, name):
    """Gives the value of a parameter, or nothing where there is none."""
    for one in parameters["parameter"]:
        if one["name"] == name:
            return next((one[key] for key in one if key.startswith("value")), "")
    return ""


def person(key, given):
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{given} <b>Quince</b> &amp; family</p></div>'
    return {
        "resourceType": "Patient", "identifier": [{"system": EHR, "value": key}], "name": [{"family": "Quince", "given": [given]}], "gender": "female",
        "birthDate": "1970-01-01", "text": {"status": "generated", "div": div},
    }


def organization(key, name):
    return {
        "resourceType": "Organization", "identifier": [{"system": EHR, "value": key}], "active": True, "name": name,
        "type": [coded("http://hl7.org/gravity/CodeSystem/sdohcc-temporary-organization-type", "cbo")],
    }


def consent(whose, clinic, agency):
    """Gives a consent by which both organizations may know."""
    recipient = coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP")
    return {
        "resourceType": "Consent", "status": "active", "patient": whose, "dateTime": hours(-72), "organization": [clinic],
        "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"), "category": [coded("http://loinc.org", "59284-0")],
        "policyRule": coded("http://terminology.hl7.org/CodeSystem/consentpolicycodes", "hipaa-auth"),
        "provision": {"type": "permit", "actor": [{"role": recipient, "reference": clinic}, {"role": recipient, "reference": agency}]},
    }


def request(key, whose, clinic, allowed):
    return {
        "resourceType": "ServiceRequest", "identifier": [{"system": EHR, "value": key}], "status": "active", "intent": "order", "priority": "routine",
        "code": {"text": "Counseling, first visit"}, "subject": whose, "requester": clinic, "authoredOn": hours(-48), "supportingInfo": [allowed],
    }


def task(key, focus, whose, clinic, agency):
    return {
        "resourceType": "Task", "identifier": [{"system": EHR, "value": key}], "status": "requested", "intent": "order",
        "code": coded("http://hl7.org/fhir/CodeSystem/task-code", "fulfill"), "focus": focus, "for": whose, "requester": clinic, "owner": agency,
        "authoredOn": hours(-47), "lastModified": hours(-47),
    }


def booking(about, whose):
    """Gives a booking that begins now."""
    return {
        "resourceType": "Appointment", "status": "booked", "basedOn": [about], "start": hours(0), "end": hours(1), "created": hours(-24),
        "participant": [{"actor": whose, "status": "accepted"}],
    }


def visit(booked, whose, agency):
    """Gives a visit that has begun."""
    return {
        "resourceType": "Encounter", "status": "in-progress", "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": whose, "appointment": [booked], "period": {"start": hours(0)}, "serviceProvider": agency,
    }


def observation(whose, day):
    return {
        "resourceType": "Observation", "status": "final", "code": coded("http://loinc.org", "32624-9"), "subject": whose, "effectiveDateTime": f"2026-03-{day:02}",
    }


def transaction(key):
    """Gives a referral in one Bundle, by urn:uuid."""
    def uuid(n):
        return {"reference": f"urn:uuid:0000000{n}-0000-4000-8000-000000000000"}

    resources = [
        organization(key + "-clinic", "Bayview Clinic"), organization(key + "-agency", "Harbor House"), person(key, "Gil"), consent(uuid(3), uuid(1), uuid(2)),
        request(key + "-request", uuid(3), uuid(1), uuid(4)), task(key + "-task", uuid(5), uuid(3), uuid(1), uuid(2)),
    ]
    entries = [{"fullUrl": uuid(n + 1)["reference"], "resource": r, "request": {"method": "POST", "url": r["resourceType"]}} for n, r in enumerate(resources)]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}
