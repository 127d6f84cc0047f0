// The parser's files name each other without endings, which node does not understand by itself.
export async function resolve(name, context, next) {
    for (const ending of ['', '.js', '/index.js']) {
        try {
            return await next(name + ending, context);
        } catch (problem) {
            if (ending === '/index.js' || !name.startsWith('.')) throw problem;
        }
    }
}
