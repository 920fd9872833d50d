import type { Words } from '../../text/english.ts';

/** Why a sign-in at another provider brought nobody. The message is for the log. */
export class FederationProblem extends Error {
  override name = 'FederationProblem';
  /** What the person is told. */
  readonly sentence: keyof Words['federated']['problems'];

  constructor(sentence: FederationProblem['sentence'], detail: string) {
    super(detail);
    this.sentence = sentence;
  }
}
