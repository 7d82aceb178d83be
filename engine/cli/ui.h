/*
 * How the program talks: messages to standard error, results to standard output, exit codes.
 */
#ifndef WEIR_CLI_UI_H
#define WEIR_CLI_UI_H

#include <tagweir/tagweir.h>

/* Exit codes, as SPEC section 8 promises them to scripts. */
enum {
    EXIT_DONE = 0,
    EXIT_FINDINGS = 1, /* findings or differences; with --strict, bad lines */
    EXIT_USAGE = 2,
    EXIT_RULES = 3,
    EXIT_IO = 4, /* input or output failed, or there was no memory */
};

/* `tagweir: …` and a newline on standard error. */
void ui_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Says so and ends the program: commands have nothing to save. */
_Noreturn void ui_no_memory(void);

/* malloc and its kin that end the program without memory. */
void *ui_alloc(size_t n, size_t size);
void *ui_grow(void *p, size_t n, size_t size);

/* Is it a terminal, and is NO_COLOR not set? */
bool ui_has_colour(int fd);

/* Write all of it. false: errno says why. */
bool ui_write(int fd, const char *p, size_t len);
/*
 * Write a result to standard output and empty the buffer (a buffer out of memory ends the
 * program). @return EXIT_DONE or EXIT_IO; a reader that went away is no news.
 */
int ui_put(weir_buf *out);
/* Whoever read standard output has closed it. It is no fault of the run's, but an end of it. */
void ui_reader_left(void);
/* The exit code of a run that ended with this one: where the reader left, it ends by SIGPIPE
   instead, as any tool of a pipe does. @param ignored  So it was when the program began: whoever
   started it wants to be told, and not to lose it. */
int ui_end(int rc, bool ignored);
/* The same as ui_put for standard error, where failing to write changes nothing. */
void ui_tell(weir_buf *out);

/* The diagnostics of at least this severity on standard error. */
void ui_diags(const weir_diags *d, weir_severity least);

/* A JSON string. */
void ui_json(weir_buf *out, const char *s);

/* `1 rule`, `2 rules` */
void ui_count(weir_buf *out, uint64_t n, const char *one, const char *many);

#endif
