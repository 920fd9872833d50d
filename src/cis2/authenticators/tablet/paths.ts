/** Paths of the tablet app below the origin. */
export const tabletPaths = {
  app: '/tablet',
  open: '/tablet/open',
  answer: '/tablet/answer',
  join: '/tablet/join',
  demoKey: '/tablet/demo-key',
} as const;

/** What stands before the code in the address that a tablet opens to be set up. */
export const joinPrefix = 'join-';
