/** The life of cards as CIS keeps it, and what it still has to tell others. */
export const cardLifecycle: readonly string[] = [];
