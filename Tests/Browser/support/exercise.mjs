// SPDX-License-Identifier: Apache-2.0
// Runs in node and in pages.

function equal(actual, expected, text) {
    const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (a !== b) throw new Error(`${text}: got ${a}, not ${b}`);
}

const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1);

/** A promise of the next event of a name, or of the next that `matches`. */
export function next(rpc, name, matches = () => true) {
    return new Promise((resolve) => {
        const stop = rpc.on(name, (...details) => {
            if (!matches(...details)) return;
            stop();
            resolve(details[0]);
        });
    });
}

/** Everything that a client and `/rpc/session` can say to each other; fails when something is lost, doubled or out of order. */
export async function exercise(rpc, count = 20) {
    const answered = [];
    await Promise.all(
        numbers(count).map(async (n) => {
            equal(await rpc.call('echo', { n, text: 'Grüße 😀' }), { n, text: 'Grüße 😀' }, 'an echo');
            answered.push(n);
        }),
    );
    equal(answered, numbers(count), 'answers are in order');

    const before = (await rpc.call('notes')).length;
    for (const n of numbers(count)) rpc.notify('note', { count: before + n });
    equal(await rpc.call('notes'), numbers(before + count), "the client's notifications are in order");

    const said = [];
    const stop = rpc.on('said', ({ count: n }) => said.push(n));
    equal(await rpc.call('say', { count }), count, 'the answer to say');
    stop();
    equal(said, numbers(count), "the server's notifications are in order and before its answer");

    const asked = [];
    const end = rpc.method('confirm', async (params) => {
        asked.push(params.n);
        await null;
        return { confirmed: params.n };
    });
    const confirmed = await Promise.all(numbers(5).map((n) => rpc.call('ask', { n })));
    end();
    equal(confirmed, numbers(5).map((n) => ({ confirmed: n })), "the server's calls");
    equal(asked.sort((a, b) => a - b), numbers(5), 'each question is asked once');
}
