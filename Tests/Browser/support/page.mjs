// SPDX-License-Identifier: Apache-2.0

/** What every browser's page can do, on top of its `evaluate`; `problems` collects uncaught exceptions and errors on its console. */
export class Page {
    problems = [];

    /** Waits until an expression in the page is true. */
    async until(expression, limit = 15000) {
        const end = Date.now() + limit;
        for (;;) {
            const value = await this.evaluate(expression).catch(() => false);
            if (value) return value;
            if (Date.now() > end) throw new Error(`Not true within ${limit} ms: ${expression}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    /** Waits until everything that the page has said so far is in `problems`. */
    async settle() {}
}

/** An expression whose promise is the JSON text of another expression's value, for protocols with value types of their own. */
export const asJSON = (expression) => `(async () => JSON.stringify(await (${expression})))()`;
