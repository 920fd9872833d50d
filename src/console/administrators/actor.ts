import { AsyncLocalStorage } from 'node:async_hooks';

const actors = new AsyncLocalStorage<string>();

/** Carries out what this actor asked for: everything that it writes to the audit log has the actor's name. */
export const actingAs = <T>(actor: string, act: () => Promise<T>): Promise<T> => actors.run(actor, act);

/** The actor who sent the request that is being handled; undefined where nobody is known. */
export const currentActor = (): string | undefined => actors.getStore();
