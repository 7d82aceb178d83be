// Peer: RE2::Set, every rule a regex of one set, literals too: one automaton, made while it runs.
#include "engine.h"

extern "C" const struct engine engine_re2;

#ifndef BENCH_RE2

const struct engine engine_re2 = {
    "re2-set", "RE2::Set", "one automaton", nullptr, "built without RE2", 0, true,
    nullptr,   nullptr,    nullptr,         nullptr};

#else

#include <cstdio>
#include <memory>
#include <re2/re2.h>
#include <re2/set.h>
#include <vector>

namespace
{

// Enough that the automaton is not thrown away while it runs: 64 MB do at 10,000 rules.
constexpr int64_t memory_budget = int64_t{4} << 30;

struct Set {
    std::unique_ptr<RE2::Set> set;
    std::vector<uint32_t> ids;
    std::vector<int> found;
};

RE2::Options
options()
{
    RE2::Options o;

    o.set_log_errors(false);
    o.set_max_mem(memory_budget);
    o.set_never_capture(true);
    return o;
}

bool
add_rules(Set &s, const rules *rules, compiled *out)
{
    weir_buf regex = {};
    bool good = true;

    for (size_t i = 0; i < rules->n && good; i++) {
        std::string why;

        regex.len = 0;
        rule_regex(&rules->v[i], &regex);
        good = s.set->Add(re2::StringPiece(regex.p, regex.len), &why) >= 0;
        s.ids.push_back(rules->v[i].id);
        if (!good)
            std::snprintf(out->why, sizeof out->why, "RE2: %s", why.c_str());
    }
    weir_buf_fini(&regex);
    return good;
}

void
compile(const rules *rules, compiled *out)
{
    auto s = std::make_unique<Set>();
    double start = thread_seconds();

    s->set = std::make_unique<RE2::Set>(options(), RE2::UNANCHORED);
    if (!add_rules(*s, rules, out))
        return;
    if (!s->set->Compile()) {
        std::snprintf(out->why, sizeof out->why, "RE2: the set needs more memory than it may have");
        return;
    }
    out->seconds = thread_seconds() - start;
    out->context = s.release();
}

// Asked first whether anything matches at all, which is cheaper than which: without room for all
// rules to be allocated.
void
match(void *context, const weir_span *tokens, size_t n, hit_fn hit, void *arg)
{
    auto &s = *static_cast<Set *>(context);

    for (size_t i = 0; i < n; i++) {
        re2::StringPiece token(tokens[i].p, tokens[i].len);

        if (!s.set->Match(token, nullptr) || !s.set->Match(token, &s.found))
            continue;
        for (int rule : s.found)
            hit(arg, static_cast<uint32_t>(i), s.ids[static_cast<size_t>(rule)]);
    }
}

void
release(void *context)
{
    delete static_cast<Set *>(context);
}

const char *
version()
{
    return BENCH_RE2;
}

} // namespace

const struct engine engine_re2 = {
    "re2-set", "RE2::Set", "every rule in one set; timed on tokens it has seen, and on first sight",
    version,   nullptr,    100000,
    true,      compile,    nullptr, match,
    nullptr,   release,
};

#endif
