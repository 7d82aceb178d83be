/*
 * What a statement of reasons needs to be told under `dsa:`: its keys, how long their texts may be
 * and which words they take, as the EU's Transparency Database asks for them (FORMATS.md, and
 * https://transparency.dsa.ec.europa.eu/page/api-documentation). The compiler checks rule files by
 * this table, and exports check each statement by it again.
 */
#ifndef WEIR_MODEL_DSA_H
#define WEIR_MODEL_DSA_H

#include "model/ruleset.h"

#define WEIR__DSA_GROUNDS(X)                                                                       \
    X(ILLEGAL, "DECISION_GROUND_ILLEGAL_CONTENT")                                                  \
    X(INCOMPATIBLE, "DECISION_GROUND_INCOMPATIBLE_CONTENT")
#define WEIR__DSA_CATEGORIES(X)                                                                    \
    X("STATEMENT_CATEGORY_ANIMAL_WELFARE")                                                         \
    X("STATEMENT_CATEGORY_CONSUMER_INFORMATION")                                                   \
    X("STATEMENT_CATEGORY_CYBER_VIOLENCE")                                                         \
    X("STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN")                                           \
    X("STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS")                                 \
    X("STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH")                                              \
    X("STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS")                                    \
    X("STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS")                       \
    X("STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE")                                                   \
    X("STATEMENT_CATEGORY_OTHER_VIOLATION_TC")                                                     \
    X("STATEMENT_CATEGORY_PROTECTION_OF_MINORS")                                                   \
    X("STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY")                                               \
    X("STATEMENT_CATEGORY_SCAMS_AND_FRAUD")                                                        \
    X("STATEMENT_CATEGORY_SELF_HARM")                                                              \
    X("STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS")                                         \
    X("STATEMENT_CATEGORY_VIOLENCE")
#define WEIR__DSA_CONTENT_TYPES(X)                                                                 \
    X("CONTENT_TYPE_APP")                                                                          \
    X("CONTENT_TYPE_AUDIO")                                                                        \
    X("CONTENT_TYPE_IMAGE")                                                                        \
    X("CONTENT_TYPE_PRODUCT")                                                                      \
    X("CONTENT_TYPE_SYNTHETIC_MEDIA")                                                              \
    X("CONTENT_TYPE_TEXT")                                                                         \
    X("CONTENT_TYPE_VIDEO")                                                                        \
    X("CONTENT_TYPE_OTHER")
#define WEIR__DSA_SOURCES(X)                                                                       \
    X("SOURCE_ARTICLE_16")                                                                         \
    X("SOURCE_TRUSTED_FLAGGER")                                                                    \
    X("SOURCE_TYPE_OTHER_NOTIFICATION")                                                            \
    X("SOURCE_VOLUNTARY")
#define WEIR__DSA_AUTOMATIONS(X)                                                                   \
    X("AUTOMATED_DECISION_FULLY")                                                                  \
    X("AUTOMATED_DECISION_PARTIALLY")                                                              \
    X("AUTOMATED_DECISION_NOT_AUTOMATED")

/* X(index, key, what its value is, words it takes, most code points of a text) */
#define WEIR__DSA_KEYS(X)                                                                          \
    X(GROUND, "decision_ground", WORD, GROUND, 0)                                                  \
    X(LEGAL_GROUND, "illegal_content_legal_ground", TEXT, NONE, 500)                               \
    X(LEGAL_EXPLANATION, "illegal_content_explanation", TEXT, NONE, 2000)                          \
    X(TERMS_GROUND, "incompatible_content_ground", TEXT, NONE, 500)                                \
    X(TERMS_EXPLANATION, "incompatible_content_explanation", TEXT, NONE, 2000)                     \
    X(TERMS_ILLEGAL, "incompatible_content_illegal", WORD, YES_NO, 0)                              \
    X(CATEGORY, "category", WORD, CATEGORY, 0)                                                     \
    X(CONTENT_TYPE, "content_type", WORDS, CONTENT_TYPE, 0)                                        \
    X(CONTENT_TYPE_OTHER, "content_type_other", TEXT, NONE, 500)                                   \
    X(FACTS, "decision_facts", TEXT, NONE, 5000)                                                   \
    X(SOURCE, "source_type", WORD, SOURCE, 0)                                                      \
    X(DETECTION, "automated_detection", WORD, YES_NO, 0)                                           \
    X(AUTOMATION, "automated_decision", WORD, AUTOMATION, 0)

enum weir__dsa_key {
#define X(index, key, is, words, most) WEIR__DSA_##index,
    WEIR__DSA_KEYS(X)
#undef X
        WEIR__NDSA_KEYS
};

enum weir__dsa_is { WEIR__DSA_WORD, WEIR__DSA_WORDS, WEIR__DSA_TEXT };

struct weir__dsa_about {
    const char *key;
    enum weir__dsa_is is;
    const char *prefix; /* that all its words have, and people leave out; "" */
    const char *const *words;
    size_t nwords;
    size_t most; /* of a text: code points */
};

const struct weir__dsa_about *weir__dsa_about(enum weir__dsa_key k);

/* A `dsa` as the compiler keeps it: a JSON object without blanks, of strings, and of one array of
   strings. @return the value of the key, as it stands there, or {NULL, 0}. */
weir_span weir__dsa_get(weir_span dsa, enum weir__dsa_key k);
/* Is it a value that the key may have? Of a text, that it names nobody, too. */
bool weir__dsa_is_good(enum weir__dsa_key k, weir_span json);

/*
 * The first that a text names of what is personal: `@handle` (or an address with an @ in it),
 * `#tag`, `id:…` or `did:…`. Statements are public, and must hold none of it.
 * @return its length in bytes, and where it begins to *at; 0: there is none.
 */
size_t weir__names_somebody(weir_span text, size_t *at);

#endif
