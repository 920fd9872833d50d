/** Changed parameters; undefined removes one. */
export type Change = Record<string, string | undefined>;

export interface Reply {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** Returns parameters with changes and removals. */
export const changed = (values: Change, change: Change): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...values, ...change }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );

/** Reads a response; its body as JSON, empty if it is not JSON. */
export async function readReply(answer: Response): Promise<Reply> {
  const text = await answer.text();
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {}
  return { status: answer.status, headers: answer.headers, body };
}
