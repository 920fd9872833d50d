// What CIS and those who call it agree on. The only file of this folder that others may import.

export * from './protocol/addresses.ts';
export * from './protocol/card-holder.ts';
export * from './protocol/development.ts';
export * from './protocol/directory.ts';
export * from './protocol/modes.ts';
export * from './protocol/presence.ts';
export * from './protocol/registration-authority.ts';
export * from './protocol/session.ts';
export * from './protocol/sign-in.ts';
