import { type PeopleAnswer, type Person, paths } from '../cis/protocol.ts';
import { errors } from './errors.ts';
import { Neighbour, type NeighbourAddress } from './neighbour.ts';

const uidPattern = /^\d{12}$/;

/** CIS with its directory of people. */
export class CisDirectory extends Neighbour {
  constructor(address: NeighbourAddress) {
    super({ address, unreachable: errors.cisUnreachable, refused: errors.cisRefused });
  }

  /** Returns all people, ordered by uid. */
  async everyone(): Promise<Person[]> {
    const people: Person[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const page: PeopleAnswer = await this.#list({ after });
      people.push(...page.people);
      after = page.next || null;
    }
    return people;
  }

  /** Returns the uid for a uid or persona. Throws `not_found` for an unknown persona. */
  async uidOf(name: string): Promise<string> {
    if (uidPattern.test(name)) return name;
    const [person] = (await this.#list({ persona: name })).people;
    if (!person) throw errors.notFound(`no persona ${name.slice(0, 40)}`);
    return person.uid;
  }

  /** Returns the person with a uid or persona. Throws `not_found`. */
  async person(name: string): Promise<Person> {
    const { status, body } = await this.call({ method: 'GET', path: paths.person(await this.uidOf(name)) });
    if (status !== 200) throw errors.notFound(`CIS answered ${status}`);
    return body as Person;
  }

  async #list(query: Record<string, string>): Promise<PeopleAnswer> {
    const path = `${paths.people}?${new URLSearchParams(query)}`;
    return (await this.call({ method: 'GET', path })).body as PeopleAnswer;
  }
}
