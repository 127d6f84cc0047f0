using System.Diagnostics;
using System.Globalization;
using Handoff.Kernels;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;

namespace Handoff.Litmus.Bench;

/// <summary>Where the time of checking the corpus under every release goes, on one thread.</summary>
internal sealed class CorpusTimes
{
    private readonly List<(long Ticks, string Name)> _slow = [];
    private long _lower;
    private long _compare;
    private long _cutting;
    private long _explore;
    private long _states;
    private int _programs;
    private int _cut;
    private int _searched;

    public static int Print(string directory)
    {
        string[] files = [.. Directory.GetFiles(directory, "*.litmus", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        for (int round = 0; round < 3; round++)
        {
            long began = Stopwatch.GetTimestamp();
            LitmusTest[] tests = [.. files.Select(file => LitmusParser.Parse(File.ReadAllText(file), file).Test).OfType<LitmusTest>()];
            long read = Stopwatch.GetTimestamp() - began;
            var times = new CorpusTimes();
            foreach (LitmusTest test in tests)
                times.Check(test);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{tests.Length} tests, {times._programs} programs, {times._cut} cut into cells, {times._searched} searched, {times._states} states: read {Seconds(read)}, lower {Seconds(times._lower)}, compare {Seconds(times._compare)}, cut {Seconds(times._cutting)}, explore {Seconds(times._explore)}"));
            foreach ((long ticks, string name) in round < 2 ? [] : times._slow.OrderDescending().Take(12))
                Console.WriteLine($"  {Seconds(ticks)}  {name}");
        }

        return 0;
    }

    private void Check(LitmusTest test)
    {
        var lowered = new HashSet<PhysicalKey>();
        var known = new HashSet<CanonicalProgram>();
        long before = Stopwatch.GetTimestamp();
        foreach (KernelProfile kernel in KernelProfiles.Releases)
        {
            foreach (MachineVariant variant in Variants.Of(test))
            {
                using IEnumerator<LoweredTest> orders = Lowerer.Orders(test, kernel, variant).GetEnumerator();
                while (Timed(ref _lower, orders.MoveNext))
                {
                    _programs++;
                    if (!Timed(ref _compare, () => lowered.Add(PhysicalKey.Of(orders.Current.Physical))))
                        continue;
                    _cut++;
                    CanonicalProgram program = Timed(ref _cutting, () => CanonicalProgram.Of(orders.Current.Program));
                    if (!known.Add(program))
                        continue;
                    _searched++;
                    _states += Timed(ref _explore, () => FastExplorer.Explore(program.ToProgram()).States);
                }
            }
        }

        _slow.Add((Stopwatch.GetTimestamp() - before, test.Title.Value));
    }

    private static T Timed<T>(ref long ticks, Func<T> body)
    {
        long start = Stopwatch.GetTimestamp();
        T result = body();
        ticks += Stopwatch.GetTimestamp() - start;
        return result;
    }

    private static string Seconds(long ticks) => string.Create(CultureInfo.InvariantCulture, $"{(double)ticks / Stopwatch.Frequency:0.000} s");
}
