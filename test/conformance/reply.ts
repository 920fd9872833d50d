/** Changes of parameters: undefined takes one away. */
export type Change = Record<string, string | undefined>;

export interface Reply {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** Parameters with some of them changed or taken away. */
export const changed = (values: Change, change: Change): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...values, ...change }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );

/** Reads an answer; its body as JSON, empty when it is none. */
export async function readReply(answer: Response): Promise<Reply> {
  const text = await answer.text();
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {}
  return { status: answer.status, headers: answer.headers, body };
}
