// A clock that all processes of the machine share.

/** Microseconds of the machine's monotonic clock. */
export const monotonicUs = (): number => Number(process.hrtime.bigint()) / 1000;
