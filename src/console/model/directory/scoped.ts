import { isDeepStrictEqual } from 'node:util';
import { mergePatch } from '@alongside/kernel/json';
import {
  type CardAct,
  type CardRecord,
  type MakersAnswer,
  type Person,
  paths,
} from '../../../cis/protocol.ts';
import type { Caller } from '../administrators/admission.ts';
import type { Approvals } from '../approvals.ts';
import { errors } from '../errors.ts';
import {
  CisDirectory,
  type NeighbourAddress,
  type NeighbourAnswer,
  type NeighbourCall,
  publicReason,
} from '../neighbour.ts';

/** The people and cards of some organisations. */
type Codes = readonly string[];

/** Addresses with nothing about people. */
const open: readonly string[] = [
  paths.organisations,
  paths.jobRoles,
  paths.activities,
  paths.authorities,
  paths.signingAuthority,
];

type Places = Pick<Person, 'roles' | 'organisations'>;

const isWithin = ({ roles, organisations }: Places, codes: Codes): boolean =>
  [...roles, ...organisations].some(({ orgCode }) => codes.includes(orgCode));

/** Returns the entries of a list that are not at these organisations, also those that CIS would refuse. */
const outside = (list: unknown, codes: Codes): unknown[] =>
  (Array.isArray(list) ? list : []).filter((entry) => !codes.includes(entry?.orgCode));

/** The parts of a person at other organisations. Other claims may contain roles too. */
const elsewhere = ({ roles, organisations, otherClaims = {} }: Record<string, unknown>, codes: Codes) => ({
  roles: outside(roles, codes),
  organisations: outside(organisations, codes),
  otherClaims,
});

const isEmpty = ({ roles, organisations, otherClaims }: ReturnType<typeof elsewhere>): boolean =>
  roles.length === 0 && organisations.length === 0 && isDeepStrictEqual(otherClaims, {});

/** Returns whether a person also belongs to organisations other than these. */
export const alsoElsewhere = (person: Person, codes: Codes): boolean =>
  !isEmpty(elsewhere({ ...person }, codes));

const refuse = (why: string): never => {
  throw errors.otherOrganisation(why);
};

/** Limits a search to organisations, unless it is for one person. */
const limitedTo = (codes: Codes, call: NeighbourCall, one: string): NeighbourCall =>
  call.query?.[one] === undefined ? { ...call, query: { ...call.query, within: codes.join(',') } } : call;

/** Limits a change to the revision that was checked. `*` accepts any, so it would let an unchecked one pass; another tag matches none. */
function forRevision(call: NeighbourCall, checked: string | undefined): NeighbourCall {
  const { ifMatch = '*' } = call;
  if (checked === undefined) return call;
  if (ifMatch.trim() === '*' || ifMatch.trim() === checked) return { ...call, ifMatch: checked };
  throw errors.revisionChanged(`If-Match is ${ifMatch}, it is ${checked}`);
}

/** The members of a person that belong to one organisation; all others concern the whole person. */
const placed: readonly string[] = ['roles', 'organisations'];

/** Returns the names of the members of a whole person that a change affects. */
const changedMembers = (before: Record<string, unknown>, after: Record<string, unknown>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !placed.includes(name) && !isDeepStrictEqual(before[name], after[name]),
  );

/** The purposes of acts on cards, as the approving administrator reads them. */
const cardSubjects: Readonly<Record<CardAct, string>> = {
  revoke: 'revoke a card',
  replace: 'replace a card',
  renew: 'allow the renewal of a card',
  unblock: 'read the unblocking code of a card',
};

interface Limits {
  /** Returns the sender of the current request; undefined in development. */
  caller(): Caller | undefined;
  /** Returns the organisations to which the sender is limited; undefined without a limit. */
  codes(): Codes | undefined;
  approvals: Pick<Approvals, 'demand'>;
}

const isWrite = ({ method = 'GET' }: NeighbourCall): boolean => method !== 'GET';

/**
 * CIS for callers who may be limited to organisations. Every call of the console to CIS passes here, so that no page and no call of the
 * API can forget the limit: an address that is not named here is refused.
 */
export class ScopedDirectory extends CisDirectory {
  readonly #limits: Limits;

  constructor(address: NeighbourAddress, limits: Limits) {
    super(address);
    this.#limits = limits;
  }

  override call(call: NeighbourCall): Promise<NeighbourAnswer> {
    const codes = this.#limits.codes();
    const administrator = isWrite(call) ? this.#limits.caller()?.administrator?.id : undefined;
    const named = { ...call, administrator };
    return codes ? this.#callWithin(named, codes) : super.call(named);
  }

  /** Other services take the uid, so its person must be within the limit. */
  override async uidOf(name: string): Promise<string> {
    const uid = await super.uidOf(name);
    const codes = this.#limits.codes();
    if (codes) await this.#personWithin(uid, codes);
    return uid;
  }

  /** Returns the uid of an officer in whose name the caller may act: not one whose position the caller gave. */
  async officerOf(name: string): Promise<string> {
    const uid = await this.uidOf(name);
    const administrator = this.#limits.caller()?.administrator?.id;
    if (administrator === undefined) return uid;
    const makers = (await this.#lookUp(paths.personMakers(uid)))?.body as MakersAnswer | undefined;
    if (makers?.administrators.includes(administrator))
      throw errors.ownOfficer(`${uid} has the position from the caller`);
    return uid;
  }

  /** Requires that a person has a role within the limit, and for an act on the whole person no other, or an approval. */
  async requirePerson(uid: string, wholeFor?: string): Promise<void> {
    const codes = this.#limits.codes();
    if (!codes) return;
    const { person } = (await this.#personWithin(uid, codes)) ?? refuse(`${uid} is not in the directory`);
    if (wholeFor !== undefined) await this.#requireWhole(person, codes, wholeFor);
  }

  /** Requires that a person has no other organisation than those of the limit, or an approval. */
  async #requireWhole(person: Person, codes: Codes, subject: string): Promise<void> {
    const caller = this.#limits.caller();
    if (!caller || !alsoElsewhere(person, codes)) return;
    await this.#limits.approvals.demand(caller, { uid: person.uid, subject });
  }

  async #callWithin(call: NeighbourCall, codes: Codes): Promise<NeighbourAnswer> {
    const address = call.path;
    if (open.includes(address) && !isWrite(call)) return super.call(call);
    if (address === paths.people) return isWrite(call) ? this.#add(call, codes) : this.#list(call, codes);
    if (address === paths.cards && !isWrite(call)) return this.#listCards(call, codes);
    if (address === paths.cards) {
      const found = await this.#personWithin(String(membersOf(call.body).uid), codes);
      if (found) await this.#requireWhole(found.person, codes, 'order a card');
      return super.call(call);
    }
    const [, uid] = /^\/directory\/people\/([^/]+)(?:\/activities)?$/.exec(address) ?? [];
    if (uid !== undefined) return super.call(await this.#checkedChange(call, decodeURIComponent(uid), codes));
    const [, serial, act] = /^\/cards\/([^/]+)(?:\/(revoke|replace|renew|unblock))?$/.exec(address) ?? [];
    if (serial !== undefined && (isWrite(call) ? act !== undefined : act === undefined)) {
      await this.#checkCard(decodeURIComponent(serial), cardSubjects[act as CardAct]);
      return super.call(call);
    }
    const [, signer] = /^\/signing\/people\/([^/]+)(?:\/revoke)?$/.exec(address) ?? [];
    if (signer !== undefined) {
      await this.requirePerson(
        decodeURIComponent(signer),
        isWrite(call) ? 'revoke a signing certificate' : undefined,
      );
      return super.call(call);
    }
    return refuse(`${call.method ?? 'GET'} ${address} is not limited to organisations`);
  }

  /** Reads what a check needs; undefined if it is unknown. Without an answer there is no check, so any other refusal is thrown. */
  async #lookUp(path: string): Promise<NeighbourAnswer | undefined> {
    const answer = await super.call({ path });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw errors.neighbourRefused(publicReason(answer.body));
    return answer;
  }

  /** Returns a person within the limit, with the entity tag; undefined for an unknown one. */
  async #personWithin(
    uid: string,
    codes: Codes,
  ): Promise<{ person: Person; etag: string | undefined } | undefined> {
    const found = await this.#lookUp(paths.person(uid));
    if (!found) return undefined;
    const { body, etag } = found;
    const person = body as Person;
    return isWithin(person, codes) ? { person, etag } : refuse(`${uid} has no role at ${codes.join(', ')}`);
  }

  /**
   * A change may affect only the limited organisations, and the whole person only without another organisation or with approval. Returns
   * the call for the revision for which this was checked.
   */
  async #checkedChange(call: NeighbourCall, uid: string, codes: Codes): Promise<NeighbourCall> {
    const { method = 'GET', body } = call;
    const found = await this.#personWithin(uid, codes);
    if (!found || method === 'GET') return call;
    const { person, etag } = found;
    const checked = forRevision(call, etag);
    const others = elsewhere({ ...person }, codes);
    if (method === 'DELETE') {
      if (!isEmpty(others)) refuse(`${uid} also belongs to other organisations`);
      return checked;
    }
    const after = membersOf(mergePatch(person, membersOf(body)));
    if (!isDeepStrictEqual(elsewhere(after, codes), others))
      refuse('the change is about roles at other organisations');
    const changed = changedMembers({ ...person }, after);
    if (changed.length > 0) await this.#requireWhole(person, codes, `change ${changed.join(', ')}`);
    return checked;
  }

  /** @param wholeFor the purpose of an act, which concerns the whole holder; undefined for a read */
  async #checkCard(serial: string, wholeFor: string | undefined): Promise<void> {
    const found = await this.#lookUp(paths.card(serial));
    if (found) await this.requirePerson((found.body as CardRecord).uid, wholeFor);
  }

  async #add(call: NeighbourCall, codes: Codes): Promise<NeighbourAnswer> {
    const person = membersOf(call.body);
    if (!Array.isArray(person.roles) || person.roles.length === 0)
      refuse(`a new person needs a role at ${codes.join(', ')}`);
    if (!isEmpty(elsewhere(person, codes))) refuse('the new person has roles at other organisations');
    // Authenticators outlive a removed person, so a chosen uid could be that of someone whom another organisation adds later.
    const caller = this.#limits.caller();
    if (caller && typeof person.uid === 'string')
      await this.#limits.approvals.demand(caller, {
        uid: person.uid,
        subject: 'add a person with a chosen uid',
      });
    return super.call(call);
  }

  /** CIS limits the search, so that each page is full; the answer is checked again. */
  async #list(call: NeighbourCall, codes: Codes): Promise<NeighbourAnswer> {
    const answer = await super.call(limitedTo(codes, call, 'persona'));
    const { people, ...rest } = membersOf(answer.body) as { people?: Person[] };
    if (!people) return answer;
    return { ...answer, body: { people: people.filter((person) => isWithin(person, codes)), ...rest } };
  }

  async #listCards(call: NeighbourCall, codes: Codes): Promise<NeighbourAnswer> {
    const answer = await super.call(limitedTo(codes, call, 'uid'));
    const { cards, ...rest } = membersOf(answer.body) as { cards?: CardRecord[] };
    if (!cards) return answer;
    const uids = [...new Set(cards.map(({ uid }) => uid))];
    const holders = await Promise.all(
      uids.map(async (uid) => {
        const found = await this.#lookUp(paths.person(uid));
        return found && isWithin(found.body as Person, codes) ? [uid] : [];
      }),
    );
    const within = new Set(holders.flat());
    return { ...answer, body: { cards: cards.filter(({ uid }) => within.has(uid)), ...rest } };
  }
}

const membersOf = (body: unknown): Record<string, unknown> =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body } : {};
