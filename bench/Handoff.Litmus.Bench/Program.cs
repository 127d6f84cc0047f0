using System.Diagnostics;
using System.Globalization;
using Handoff.Kernels;
using Handoff.Litmus.Bench;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;

// write DIR        litmus files of the stress family
// litmus T L S     the text of one member, to standard output
// promela T L S    its Promela model, to standard output
// corpus DIR       checks every test below DIR under every release; prints where the time goes
// time T L S       explores one member; prints states, transitions, seconds, transitions per second, bytes per state
(int Threads, int Lines, int Steps) size = args.Length >= 4
    ? (Number(args[1]), Number(args[2]), Number(args[3])) : (3, 2, 6);
switch (args.FirstOrDefault())
{
    case "write":
        foreach ((int t, int l, int s) in ((int, int, int)[])[(2, 2, 4), (3, 2, 6), (3, 4, 8), (4, 4, 8)])
            await File.WriteAllTextAsync(Path.Combine(args[1], $"t{t}-l{l}-s{s}.litmus"), StressTests.Text(t, l, s));
        return 0;
    case "litmus":
        Console.Write(StressTests.Text(size.Threads, size.Lines, size.Steps));
        return 0;
    case "promela":
        Console.Write(PromelaWriter.Write(Lower(size).Program));
        return 0;
    case "corpus":
        return CorpusTimes.Print(args[1]);
    case "time":
        LoweredTest test = Lower(size);
        FastExplorer.Explore(Lower((2, 2, 4)).Program); // the code is compiled before the clock starts
        long began = Stopwatch.GetTimestamp();
        ExplorationResult result = FastExplorer.Explore(test.Program);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.States} {result.Transitions} {seconds:0.0000} {result.Transitions / seconds / 1e6:0.00} {result.BytesPerState:0.0} {(result.Possible == 0 ? "ok" : result.Possible.ToString())}"));
        return result.Outcome == ExplorationOutcome.Complete ? 0 : 4;
    default:
        Console.Error.WriteLine("usage: write DIR | corpus DIR | litmus THREADS LINES STEPS | promela THREADS LINES STEPS | time THREADS LINES STEPS");
        return 2;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static LoweredTest Lower((int Threads, int Lines, int Steps) size)
{
    ParseResult parsed = LitmusParser.Parse(StressTests.Text(size.Threads, size.Lines, size.Steps));
    LitmusTest test = parsed.Test ?? throw new InvalidOperationException(string.Join('\n', parsed.Diagnostics));
    return Lowerer.Orders(test, new KernelProfile("linux-6.12", new KernelSwitches(), ""), Variants.Of(test).First()).First();
}
