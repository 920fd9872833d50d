/** Version of the product, as every part reports it. */
export const version = '0.1.0';

/** Which build runs, as `/_ping` and `/_status` of the API platform say it. */
export const release = { version, revision: '1', releaseId: 'alongside', commitId: 'unknown' } as const;
