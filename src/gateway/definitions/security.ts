import { grantOf, knownGrant } from './extension.ts';
import type { ApiModel, Grant, Need } from './model.ts';
import { isMapping, type Mapping } from './parsed-files.ts';
import { publishedScheme, type Source } from './source.ts';

export interface SecurityReading {
  source: Source;
  document: Mapping;
  access: ApiModel['access'];
  /** Whether operations without access are opened to anyone. */
  open: boolean;
}

/** Reads what operations need, and remembers the schemes of the file that it has warned about. */
export class Security {
  readonly #reading: SecurityReading;
  readonly #given: readonly Grant[];
  readonly #warned = new Set<string>();

  constructor(reading: SecurityReading) {
    this.#reading = reading;
    this.#given = [...new Set(reading.access.flatMap((mode) => mode.grants))];
  }

  /**
   * Returns the grants of which an operation needs one: its own, else those of the document, else all of the access modes. Only a
   * statement opens it: an empty list or requirement in the file, or `open`. @throws DefinitionError
   */
  needsOf(operation: Mapping, key: string): Need[] {
    const { source, document } = this.#reading;
    const holder = operation.security === undefined ? document : operation;
    const security = source.follow(holder.security);
    if (security === undefined) return this.#withoutSecurity(operation, key);
    if (!Array.isArray(security)) throw source.fail('security must be a list.', holder, 'security');
    const needed = new Set<Need>();
    for (const requirement of security) {
      const entry = source.follow(requirement);
      if (!isMapping(entry))
        throw source.fail('Each entry of security must be a mapping, such as nhs-cis2-aal3: [].', security);
      const names = Object.keys(entry);
      if (names.length === 0) return [];
      const known = names.flatMap((name) => this.#grantOf(name, entry) ?? []);
      // A requirement needs all its schemes, so one of the file adds nothing to a grant.
      for (const grant of known.length > 0 ? known : this.#anyGrant()) needed.add(grant);
    }
    return [...needed];
  }

  #anyGrant = (): readonly Need[] => (this.#given.length > 0 ? this.#given : ['unmet']);

  #withoutSecurity(operation: Mapping, key: string): Need[] {
    const { source, open } = this.#reading;
    if (this.#given.length > 0) return [...this.#given];
    if (open) return [];
    throw source.fail(
      `${key} has neither security nor access, so anyone could call it. Name its access in x-nhsd-apim, in this file or in another one: --extension FILE. If anyone may call it, add --open (in JSON, "open": true).`,
      operation,
    );
  }

  /** Returns the grant that a requirement names; undefined for a scheme that the file itself declares. */
  #grantOf(name: string, at: Mapping): Grant | undefined {
    const { source, document } = this.#reading;
    const components = source.follow(document.components);
    const schemes = isMapping(components) ? source.follow(components.securitySchemes) : undefined;
    if (knownGrant(name) !== undefined || !isMapping(schemes) || !Object.hasOwn(schemes, name))
      return grantOf(source, name, at);
    const published = publishedScheme(schemes[name]);
    if (published !== undefined) return grantOf(source, published, schemes);
    if (!this.#warned.has(name))
      source.warn(
        `security names "${name.slice(0, 60)}", a scheme of this file and no grant: any grant of access is accepted${this.#given.length > 0 ? ` (${this.#given.join(', ')})` : ', and there is none'}.`,
        at,
        name,
      );
    this.#warned.add(name);
    return undefined;
  }
}
