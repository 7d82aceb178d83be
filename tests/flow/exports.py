"""What exports must be, written down a second time: as JSON schemas of what each system takes, from
its documentation, and as what follows from the records of the same decisions. Nothing here knows how
the engine makes them. `check(kind, bytes)` is for any export, `derived(kind, records)` for one of
whole records in the same order."""
import csv
import datetime
import io
import json
import re

import jsonschema

EEA = ("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI "
       "SK").split()
COUNTRY = {"type": "string", "pattern": "^[A-Z]{2}$"}
COUNTRIES = {"type": "array", "items": COUNTRY, "uniqueItems": True}
SNOWFLAKE = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
ID = {"type": "string", "minLength": 1}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}


def closed(**properties):
    """An object of these keys, each of which is there; `key_` may be missing."""
    return {"type": "object", "additionalProperties": False,
            "properties": {k.rstrip("_"): v for k, v in properties.items()},
            "required": [k for k in properties if not k.endswith("_")]}


def words(prefix, names):
    return {"enum": [prefix + n for n in names.split()]}


def text(most):
    return {"type": "string", "minLength": 1, "maxLength": most}


TWITTER = {
    "twitter:v1": {"oneOf": [
        closed(status_withheld=closed(id=SNOWFLAKE, user_id=SNOWFLAKE,
                                      withheld_in_countries=COUNTRIES)),
        closed(user_withheld=closed(id=SNOWFLAKE, withheld_in_countries=COUNTRIES))]},
    "twitter:v2": closed(data={"oneOf": [
        closed(withheld=closed(tweet=closed(id=ID, author_id=ID), withheld_in_countries=COUNTRIES,
                               event_at=INSTANT)),
        closed(user_withheld=closed(user=closed(id=ID), withheld_in_countries=COUNTRIES,
                                    event_at=INSTANT))]}),
    "twitter:fields-v1": closed(id=SNOWFLAKE, id_str={"type": "string", "pattern": r"^\d+$"},
                                withheld_in_countries=COUNTRIES,
                                withheld_scope={"enum": ["status", "user"]}),
    "twitter:fields-v2": closed(data=closed(id=ID, withheld=closed(
        copyright={"const": False}, country_codes=COUNTRIES,
        scope={"enum": ["tweet", "user"]}))),
}

DATE = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
GROUND = "DECISION_GROUND_"
STATEMENT = closed(
    decision_visibility={"type": "array", "minItems": 1, "uniqueItems": True, "items": words(
        "DECISION_VISIBILITY_", "CONTENT_REMOVED CONTENT_DISABLED CONTENT_DEMOTED "
        "CONTENT_AGE_RESTRICTED CONTENT_INTERACTION_RESTRICTED CONTENT_LABELLED OTHER")},
    decision_ground=words(GROUND, "ILLEGAL_CONTENT INCOMPATIBLE_CONTENT"),
    illegal_content_legal_ground_=text(500), illegal_content_explanation_=text(2000),
    incompatible_content_ground_=text(500), incompatible_content_explanation_=text(2000),
    incompatible_content_illegal_={"enum": ["Yes", "No"]},
    content_type={"type": "array", "minItems": 1, "uniqueItems": True, "items": words(
        "CONTENT_TYPE_", "APP AUDIO IMAGE PRODUCT SYNTHETIC_MEDIA TEXT VIDEO OTHER")},
    content_type_other_=text(500),
    category=words(
        "STATEMENT_CATEGORY_", "ANIMAL_WELFARE CONSUMER_INFORMATION CYBER_VIOLENCE "
        "CYBER_VIOLENCE_AGAINST_WOMEN DATA_PROTECTION_AND_PRIVACY_VIOLATIONS "
        "ILLEGAL_OR_HARMFUL_SPEECH INTELLECTUAL_PROPERTY_INFRINGEMENTS "
        "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS NOT_SPECIFIED_NOTICE "
        "OTHER_VIOLATION_TC PROTECTION_OF_MINORS RISK_FOR_PUBLIC_SECURITY SCAMS_AND_FRAUD "
        "SELF_HARM UNSAFE_AND_PROHIBITED_PRODUCTS VIOLENCE"),
    content_date=DATE, application_date=DATE, end_date_visibility_restriction_=DATE,
    territorial_scope={"type": "array", "minItems": 1, "uniqueItems": True,
                       "items": {"enum": EEA}},
    content_language_=COUNTRY, decision_facts=text(5000),
    source_type=words("SOURCE_", "ARTICLE_16 TRUSTED_FLAGGER TYPE_OTHER_NOTIFICATION VOLUNTARY"),
    automated_detection={"enum": ["Yes", "No"]},
    automated_decision=words("AUTOMATED_DECISION_", "FULLY PARTIALLY NOT_AUTOMATED"),
    puid={"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,500}$"})


def only_with(key, value, *keys):
    """These keys are there with that value, and not without."""
    return {"if": {"properties": {key: {"const": value}}}, "then": {"required": list(keys)},
            "else": {"not": {"anyOf": [{"required": [k]} for k in keys]}}}


STATEMENT["allOf"] = [
    only_with("decision_ground", GROUND + "ILLEGAL_CONTENT", "illegal_content_legal_ground",
              "illegal_content_explanation"),
    only_with("decision_ground", GROUND + "INCOMPATIBLE_CONTENT", "incompatible_content_ground",
              "incompatible_content_explanation"),
    {"if": {"required": ["incompatible_content_illegal"]},
     "then": {"properties": {"decision_ground": {"const": GROUND + "INCOMPATIBLE_CONTENT"}}}},
    {"if": {"properties": {"content_type": {"contains": {"const": "CONTENT_TYPE_OTHER"}}}},
     "then": {"required": ["content_type_other"]},
     "else": {"not": {"required": ["content_type_other"]}}},
]
BODY = closed(statements={"type": "array", "minItems": 1, "maxItems": 100, "items": STATEMENT})
PERSONAL = re.compile(r"@\w|(?<!\w)[#＃]\w|(?<!\w)(?:id|did):\w")

LABEL = closed(ver={"const": 1}, src={"type": "string", "pattern": r"^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$"},
               uri={"type": "string", "pattern": "^(at://|did:)"},
               val={"type": "string", "maxLength": 128, "pattern": "^(!hide|[a-z-]+)$"},
               neg_={"const": True},
               cts={"type": "string", "format": "date-time"},
               exp_={"type": "string", "format": "date-time"})

COLUMNS = "at post author region action surface factor rule order by value via ruleset".split()
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def lines_of(data):
    assert not data or data.endswith(b"\n"), f"the last line is cut: {data[-80:]!r}"
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def validate(items, schema):
    validator = jsonschema.Draft7Validator(schema)
    for n, item in enumerate(items):
        for error in validator.iter_errors(item):
            raise AssertionError(f"item {n + 1}: {error.message}\n{json.dumps(item)[:2000]}")


def check_twitter(kind, data):
    items = lines_of(data)
    validate(items, TWITTER[kind])
    for item in items:
        inner = item.get("data", item)
        inner = inner.get("withheld", inner) if kind.endswith("fields-v2") else \
            inner if "withheld_in_countries" in inner else next(iter(inner.values()))
        countries = inner.get("withheld_in_countries", inner.get("country_codes"))
        assert countries == sorted(countries), countries
        assert "XX" not in countries or countries == ["XX"], countries
    return items


def check_dsa(data):
    bodies = lines_of(data)
    validate(bodies, BODY)
    assert all(len(b["statements"]) == 100 for b in bodies[:-1]), "a short body before the last"
    statements = [s for b in bodies for s in b["statements"]]
    assert len({s["puid"] for s in statements}) == len(statements), "a puid twice"
    for s in statements:
        dates = [datetime.date.fromisoformat(s[k]) for k in
                 ("content_date", "application_date", "end_date_visibility_restriction") if k in s]
        assert dates == sorted(dates), dates
        for key, value in s.items():
            if isinstance(value, str):
                assert not PERSONAL.search(value), f"{key} names somebody: {value}"
    return statements


def check_labels(data):
    labels = lines_of(data)
    validate(labels, LABEL)
    for label in labels:
        assert "exp" not in label or ("neg" not in label and label["exp"] > label["cts"]), label
    return labels


def unescaped(field):
    return field[1:] if field.startswith("'") else field


def check_csv(data, changes=False):
    """The rows as dicts, without what keeps spreadsheets from calculating them."""
    assert data.endswith(b"\r\n")
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    columns = (["change"] if changes else []) + COLUMNS
    assert rows[0] == columns, rows[0]
    for row in rows[1:]:
        assert len(row) == len(columns), row
        assert not any(f.startswith(FORMULA) for f in row), row
    return [dict(zip(columns, map(unescaped, row))) for row in rows[1:]]


def check(kind, data, changes=False):
    """Is it what such a system takes? What was exported, as Python has it."""
    if kind == "csv":
        return check_csv(data, changes)
    if kind == "dsa":
        return check_dsa(data)
    return check_labels(data) if kind == "atproto" else check_twitter(kind, data)


# What follows from records -------------------------------------------------------------------

def posts_of(records):
    """Each record of a post, and of what it quotes."""
    for record in records:
        while record:
            if "post" in record:
                yield record
            record = record.get("quoted")


def acts(outcome):
    """(surface or None, what acted) of an outcome."""
    if outcome["action"] == "withhold":
        yield None, outcome
    for surface, act in outcome.get("surfaces", {}).items():
        yield surface, act


def derived_csv(records):
    """The rows of these records; for rules without confidential orders."""
    for r in posts_of(records):
        for region, outcome in r.get("regions", {}).items():
            for surface, act in list(acts(outcome)) or [(None, {})]:
                yield {"at": r["at"], "post": r["post"], "author": r.get("author", ""),
                       "region": region, "action": outcome["action"], "surface": surface or "",
                       "factor": str(act["factor"]) if "factor" in act else "",
                       "rule": act.get("rule", ""), "order": act.get("order", ""),
                       "by": act.get("by", ""), "value": act.get("value", ""),
                       "via": act.get("via", ""), "ruleset": r["ruleset"]}


def looked_up(record, region):
    regions = record.get("regions", {})
    return regions.get(region, regions.get("XX", {"action": "allow"}))


def derived_scopes(records):
    """(post, rule) to the countries of the EEA in which that rule restricts that post."""
    found = {}
    for r in posts_of(records):
        for country in EEA:
            for _, act in acts(looked_up(r, country)):
                found.setdefault((r["post"], act["rule"]), [])
                if country not in found[r["post"], act["rule"]]:
                    found[r["post"], act["rule"]].append(country)
    return found


def derived_countries(record):
    """The countries in which it is withheld; None where XX is, but for some: all others."""
    regions = record.get("regions", {})
    withheld = sorted(r for r, o in regions.items() if o["action"] == "withhold")
    if "XX" not in withheld:
        return withheld
    return ["XX"] if len(withheld) == len(regions) else None


def countries_of(item):
    """The list of one of Twitter's forms."""
    item = item.get("data", item)
    for key in ("withheld", "user_withheld", "status_withheld"):
        item = item.get(key, item)
    return item["country_codes"] if "country_codes" in item else item["withheld_in_countries"]
