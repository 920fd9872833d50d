import type { federatedSentences } from '../../pages/federated-text.ts';

/** Why a sign-in at another provider brought nobody. The message is for the log. */
export class FederationProblem extends Error {
  override name = 'FederationProblem';
  /** What the person is told. */
  readonly sentence: Exclude<keyof typeof federatedSentences, 'enrolment'>;

  constructor(sentence: FederationProblem['sentence'], detail: string) {
    super(detail);
    this.sentence = sentence;
  }
}
