using System.Diagnostics;
using System.Globalization;
using Handoff.Kernels;
using Handoff.Litmus.Exploration.Search;
using Handoff.Litmus.Language;
using Handoff.Litmus.Lowering;

namespace Handoff.Litmus.Bench;

/// <summary>Where the time of checking the corpus goes, on one thread.</summary>
internal static class CorpusTimes
{
    public static int Print(string directory)
    {
        LitmusTest[] tests = [.. Directory.GetFiles(directory, "*.litmus", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => LitmusParser.Parse(File.ReadAllText(file), file).Test).OfType<LitmusTest>()];
        for (int round = 0; round < 2; round++)
        {
            long parse = 0, lower = 0, explore = 0, began = Stopwatch.GetTimestamp();
            foreach (string file in Directory.GetFiles(directory, "*.litmus", SearchOption.AllDirectories))
                LitmusParser.Parse(File.ReadAllText(file), file);
            parse = Stopwatch.GetTimestamp() - began;
            int programs = 0, distinct = 0; long key = 0; 
            long states = 0;
            var slow = new List<(double Milliseconds, string Name)>();
            foreach (LitmusTest test in tests)
            {
                var seen = new HashSet<Handoff.Litmus.Exploration.CanonicalProgram>();
                long before = explore;
                foreach (KernelProfile kernel in KernelProfiles.Releases)
                {
                    foreach (MachineVariant variant in Variants.Of(test))
                    {
                        using var orders = Lowerer.Orders(test, kernel, variant).GetEnumerator();
                        while (true)
                        {
                            long start = Stopwatch.GetTimestamp();
                            bool more = orders.MoveNext();
                            lower += Stopwatch.GetTimestamp() - start;
                            if (!more)
                                break;
                            start = Stopwatch.GetTimestamp();
                            programs++;
                            var canonical = Handoff.Litmus.Exploration.CanonicalProgram.Of(orders.Current.Program);
                            key += Stopwatch.GetTimestamp() - start;
                            start = Stopwatch.GetTimestamp();
                            if (seen.Add(canonical)) { distinct++;
                            states += FastExplorer.Explore(canonical.ToProgram()).States; }
                            explore += Stopwatch.GetTimestamp() - start;
                        }
                    }
                }

                slow.Add((Stopwatch.GetElapsedTime(before, explore).TotalMilliseconds, test.Title.Value));
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{tests.Length} tests, {programs} programs, {distinct} distinct, key {Seconds(key)} {states} states: read {Seconds(parse)}, lower {Seconds(lower)}, explore {Seconds(explore)}"));
            if (round == 0)
                continue;
            foreach ((double milliseconds, string name) in slow.OrderDescending().Take(12))
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds,8:0.0} ms  {name}"));
        }

        return 0;
    }

    private static string Seconds(long ticks) => string.Create(CultureInfo.InvariantCulture, $"{(double)ticks / Stopwatch.Frequency:0.000} s");
}
