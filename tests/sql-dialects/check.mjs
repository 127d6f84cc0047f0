// node check.mjs DATASET PAGE: the tables, the views and the page's questions, each with the grammars of the engines that it is for.
// Prints what was parsed; exits with 1 if something is no SQL there.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';

register('./resolve.mjs', import.meta.url);
const { SparkSQL, TrinoSQL } = await import('dt-sql-parser');
const [dataset, page] = process.argv.slice(2);
const questions = [...readFileSync(page, 'utf8').matchAll(/^```sql\n(.*?)^```$/gms)].map((match, i) => [`question ${i + 1}`, match[1]]);
let wrong = 0;
for (const [engine, parser, tables] of [['Spark', new SparkSQL(), 'tables-spark.sql'], ['Trino', new TrinoSQL(), 'tables-trino.sql']]) {
    // A parser that takes anything proves nothing.
    if (parser.validate('SELECT FROM WHERE;').length === 0) {
        console.log(`${engine}: the parser takes what is no SQL`);
        wrong++;
    }

    const texts = [...[tables, 'views.sql'].map((name) => [name, readFileSync(join(dataset, name), 'utf8')]), ...questions];
    for (const [name, text] of texts) {
        const problems = parser.validate(text);
        const statements = parser.splitSQLByStatement(text)?.length ?? 0;
        console.log(`${engine}: ${name}: ${statements} statements, ${problems.length} problems`);
        for (const problem of problems) console.log(`    ${problem.startLine}:${problem.startColumn}: ${problem.message}`);
        wrong += problems.length + (statements === 0 ? 1 : 0);
    }
}

process.exit(wrong === 0 ? 0 : 1);
