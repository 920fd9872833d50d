// The parts of Playwright Test and Vitest that the fixtures use. The clone does not install these runners: the tests of the
// package check the fixtures with their own declarations.

declare module '@playwright/test' {
  export interface PlaywrightTestArgs {}
  export interface PlaywrightTestOptions {}
  export interface PlaywrightWorkerArgs {}
  export interface PlaywrightWorkerOptions {}
  export interface TestInfo {
    readonly status?: string;
    readonly expectedStatus: string;
    attach(name: string, content: { body: string; contentType: string }): Promise<void>;
  }
  export interface TestType<T, W> {
    extend<T2, W2>(fixtures: {
      [name: string]:
        | readonly [unknown, { option?: true; auto?: true; scope?: 'worker'; timeout?: number }]
        | ((fixtures: never, use: never) => Promise<void>);
    }): TestType<T & T2, W & W2>;
  }
  export const test: TestType<
    PlaywrightTestArgs & PlaywrightTestOptions,
    PlaywrightWorkerArgs & PlaywrightWorkerOptions
  >;
  export const expect: unknown;
}

declare module 'vitest' {
  export interface TestAPI<T> {
    extend<T2>(fixtures: {
      [name: string]: readonly [unknown, { auto?: true; scope?: 'file' }];
    }): TestAPI<T & T2>;
  }
  export const test: TestAPI<object>;
}
