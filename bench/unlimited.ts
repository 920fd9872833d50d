// All load of a benchmark has one network address.
export const unlimited = { requests: 1_000_000, failures: 1_000_000, rows: 1_000_000 };
