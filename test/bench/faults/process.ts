// Owns the entry of a process of the benchmark of faults: a line in names a case, a line out is its result.
import { createInterface } from 'node:readline';
import { CaseJudge, caseNames } from './judgeCase';
import { benchOpener } from './openBench';

const judge = new CaseJudge(benchOpener(process.cwd()), () => performance.now());
if (process.argv.includes('--names')) {
  console.log(JSON.stringify(caseNames()));
} else {
  for await (const name of createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify(judge.judge(name)));
    } catch (error) {
      console.log(
        JSON.stringify({ kind: 'failed', name, error: error instanceof Error ? error.stack : String(error) }),
      );
    }
  }
}
