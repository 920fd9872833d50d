/** A fault that a developer can switch on by name, one line each. */
export interface NamedFault {
  /** As in `PUT /faults/{name}`; its state is the setting `fault.NAME`. */
  readonly name: string;
  readonly summary: string;
}

/** Every fault that some part of the product knows how to have. */
export const namedFaults: readonly NamedFault[] = [];
