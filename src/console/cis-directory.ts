import type { PeopleAnswer, Person } from '../cis/protocol.ts';
import { paths } from '../cis/protocol.ts';
import { errors } from './errors.ts';
import { type Neighbour, type NeighbourAnswer, type NeighbourCall, neighbour } from './neighbour.ts';

const digits12 = /^\d{12}$/;

/** The directory of CIS, over HTTP with the secret of the two. Throws `cis_unreachable`, or `cis_refused` when the secret is not the right one. */
export class CisDirectory {
  readonly #cis: Neighbour;

  constructor(at: { url: string; secret: string }) {
    this.#cis = neighbour({ at, unreachable: errors.cisUnreachable, refused: errors.cisRefused });
  }

  call(call: NeighbourCall): Promise<NeighbourAnswer> {
    return this.#cis.call(call);
  }

  /** Everybody, by uid. */
  async everybody(): Promise<Person[]> {
    const people: Person[] = [];
    let after = '';
    do {
      const { body } = await this.call({
        method: 'GET',
        path: `${paths.people}?after=${encodeURIComponent(after)}`,
      });
      const page = body as PeopleAnswer;
      people.push(...page.people);
      after = page.next ?? '';
    } while (after !== '');
    return people;
  }

  /** The uid of a person who is named by uid or persona. Throws `not_found` for an unknown persona. */
  async uidOf(name: string): Promise<string> {
    if (digits12.test(name)) return name;
    const { body } = await this.call({
      method: 'GET',
      path: `${paths.people}?persona=${encodeURIComponent(name)}`,
    });
    const [person] = (body as PeopleAnswer).people;
    if (!person) throw errors.notFound(`no persona ${name.slice(0, 40)}`);
    return person.uid;
  }

  /** The person of this uid or persona. Throws `not_found`. */
  async person(name: string): Promise<Person> {
    const { status, body } = await this.call({ method: 'GET', path: paths.person(await this.uidOf(name)) });
    if (status !== 200) throw errors.notFound(`CIS answered ${status}`);
    return body as Person;
  }
}
