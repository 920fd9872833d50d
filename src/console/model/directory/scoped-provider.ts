import { errors } from '../errors.ts';
import { Neighbour, type NeighbourAddress, type NeighbourAnswer, type NeighbourCall } from '../neighbour.ts';
import type { ScopedDirectory } from './scoped.ts';

const ofPerson = /^\/cis2\/people\/([^/]+)\/(authenticators|enrolments)(?:\/[^/]+)?$/;

/** The purposes of writes, as the approving administrator reads them. */
const subjects: Readonly<Record<string, string>> = {
  authenticators: 'remove an authenticator',
  enrolments: 'make a link to set up an authenticator',
};

/**
 * CIS2 for callers who may be limited to organisations. As for CIS, every call passes here, and an address that is not named is refused.
 * An authenticator signs its owner in at every organisation, so a write concerns the whole person.
 */
export class ScopedProvider extends Neighbour {
  readonly #directory: Pick<ScopedDirectory, 'requirePerson'>;
  readonly #codes: () => readonly string[] | undefined;

  /** @param codes those of the current caller; undefined without a limit */
  constructor(
    address: NeighbourAddress | undefined,
    directory: Pick<ScopedDirectory, 'requirePerson'>,
    codes: () => readonly string[] | undefined,
  ) {
    super({ address, unreachable: errors.cis2Unreachable, refused: errors.cis2Refused });
    this.#directory = directory;
    this.#codes = codes;
  }

  override async call(call: NeighbourCall): Promise<NeighbourAnswer> {
    if (this.#codes()) await this.#check(call);
    return super.call(call);
  }

  async #check({ method = 'GET', path }: NeighbourCall): Promise<void> {
    const [, uid, what = ''] = ofPerson.exec(path) ?? [];
    if (uid === undefined)
      throw errors.otherOrganisation(`${method} ${path} is not limited to organisations`);
    await this.#directory.requirePerson(
      decodeURIComponent(uid),
      method === 'GET' ? undefined : subjects[what],
    );
  }
}
