/*
 * Which machine was measured on: a figure without it says little.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/* "Intel(R) Xeon(R) Processor, 2 processors, Linux 6.1, gcc 12.2": as far as the system tells.
   Static. */
const char *machine_name(void);

#endif
