// The protocol between CIS and its callers. Other folders import only this file.

export * from './protocol/addresses.ts';
export type * from './protocol/answers.ts';
export * from './protocol/card-holder.ts';
export * from './protocol/directory.ts';
export * from './protocol/registration-authority.ts';
export * from './protocol/session.ts';
export * from './protocol/sign-in.ts';
export * from './protocol/signing.ts';
