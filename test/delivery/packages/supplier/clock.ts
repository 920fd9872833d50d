import { followClock } from 'alongside/testing';

// { now(): number } for `createCombined`, `createSeparate`, `keepFresh` and `sessionState` of @alongside/client.
const console = process.env.ALONGSIDE_CONSOLE_URL;
export const clock = console ? await followClock(console) : { now: () => Date.now() };
