import { isDeepStrictEqual } from 'node:util';
import { mergePatch } from '@alongside/kernel/json';
import { type CardRecord, type Person, paths } from '../../cis/protocol.ts';
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
const open: readonly string[] = [paths.organisations, paths.jobRoles, paths.activities];

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

const isWrite = ({ method = 'GET' }: NeighbourCall): boolean => method !== 'GET';

/**
 * CIS for callers who may be limited to organisations. Every call of the console to CIS passes here, so that no page and no call of the
 * API can forget the limit: an address that is not named here is refused.
 */
export class ScopedDirectory extends CisDirectory {
  readonly #codes: () => Codes | undefined;

  /** @param codes those of the current caller; undefined without a limit */
  constructor(address: NeighbourAddress, codes: () => Codes | undefined) {
    super(address);
    this.#codes = codes;
  }

  override call(call: NeighbourCall): Promise<NeighbourAnswer> {
    const codes = this.#codes();
    return codes ? this.#callWithin(call, codes) : super.call(call);
  }

  /** Other services take the uid, so its person must be within the limit. */
  override async uidOf(name: string): Promise<string> {
    const uid = await super.uidOf(name);
    const codes = this.#codes();
    if (codes) await this.#personWithin(uid, codes);
    return uid;
  }

  async #callWithin(call: NeighbourCall, codes: Codes): Promise<NeighbourAnswer> {
    const address = call.path;
    if (open.includes(address) && !isWrite(call)) return super.call(call);
    if (address === paths.people) return isWrite(call) ? this.#add(call, codes) : this.#list(call, codes);
    if (address === paths.cards && !isWrite(call)) return this.#listCards(call, codes);
    if (address === paths.cards) {
      await this.#personWithin(String(membersOf(call.body).uid), codes);
      return super.call(call);
    }
    const [, uid] = /^\/directory\/people\/([^/]+)(?:\/activities)?$/.exec(address) ?? [];
    if (uid !== undefined) {
      const checked = await this.#checkPerson(call, decodeURIComponent(uid), codes);
      return super.call(forRevision(call, checked));
    }
    const [, serial] = /^\/cards\/([^/]+)(?:\/(?:revoke|replace|renew|unblock))?$/.exec(address) ?? [];
    if (serial !== undefined) {
      await this.#checkCard(decodeURIComponent(serial), codes);
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
   * A change may affect only the limited organisations, and what is about the whole person only one who has no other. Returns the
   * revision for which this was checked.
   */
  async #checkPerson(
    { method = 'GET', body }: NeighbourCall,
    uid: string,
    codes: Codes,
  ): Promise<string | undefined> {
    const found = await this.#personWithin(uid, codes);
    if (!found || method === 'GET') return undefined;
    const { person, etag } = found;
    const others = elsewhere({ ...person }, codes);
    if (method === 'DELETE') {
      if (!isEmpty(others)) refuse(`${uid} also belongs to other organisations`);
      return etag;
    }
    const after = membersOf(mergePatch(person, membersOf(body)));
    if (!isDeepStrictEqual(elsewhere(after, codes), others))
      refuse('the change is about roles at other organisations');
    if (after.disabled !== person.disabled && !isEmpty(others))
      refuse(`${uid} also belongs to other organisations, which would lose the person`);
    return etag;
  }

  async #checkCard(serial: string, codes: Codes): Promise<void> {
    const found = await this.#lookUp(paths.card(serial));
    if (found) await this.#personWithin((found.body as CardRecord).uid, codes);
  }

  async #add(call: NeighbourCall, codes: Codes): Promise<NeighbourAnswer> {
    const person = membersOf(call.body);
    if (!Array.isArray(person.roles) || person.roles.length === 0)
      refuse(`a new person needs a role at ${codes.join(', ')}`);
    if (!isEmpty(elsewhere(person, codes))) refuse('the new person has roles at other organisations');
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
