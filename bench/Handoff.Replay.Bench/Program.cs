// Throughput of replays: dotnet run -c Release --project bench/Handoff.Replay.Bench -- RECORDING [SLOTS]
using System.Diagnostics;
using System.Globalization;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Replay;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length == 0 || TraceBundle.Find(args[0]) is not { } bundle)
{
    Console.Error.WriteLine("usage: Handoff.Replay.Bench RECORDING [SLOTS]");
    return 2;
}

RecordedLoad load = null!;
for (int round = 0; round < 5; round++)
{
    var reading = Stopwatch.StartNew();
    load = RecordedLoad.Open(bundle);
    double opened = reading.Elapsed.TotalMilliseconds;
    long operations = 0;
    foreach (LoadChunk chunk in load.Pass())
        operations += chunk.Count;
    double seconds = reading.Elapsed.TotalSeconds;
    Console.WriteLine($"load round={round} events={load.Counts.Events} operations={operations} events_per_s={load.Counts.Events / seconds:f0} opened_ms={opened:f0} total_ms={seconds * 1000:f0}");
}

var configuration = new ReplayConfiguration { Slots = args.Length > 1 ? uint.Parse(args[1]) : null };
for (int round = 0; round < 9; round++)
{
    var replayer = new LoadReplayer(load, configuration);
    long allocated = GC.GetAllocatedBytesForCurrentThread();
    TimeSpan used = Environment.CpuUsage.UserTime;
    var watch = Stopwatch.StartNew();
    foreach (LoadChunk chunk in load.Pass())
        replayer.Process(chunk);
    watch.Stop();
    used = Environment.CpuUsage.UserTime - used;
    allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
    ReplayOutcome outcome = replayer.Outcome();
    Console.WriteLine(
        $"replay round={round} operations_per_s={outcome.Operations / watch.Elapsed.TotalSeconds:f0} ns_per_operation={watch.Elapsed.TotalNanoseconds / outcome.Operations:f1} cpu_ns={used.TotalNanoseconds / outcome.Operations:f1} "
        + $"allocated={allocated} maps={outcome.Maps} bounced={outcome.Bounced} failures={outcome.Failures} retries={outcome.Retries} recovered={outcome.Recovered} high_water={outcome.HighWaterSlots} "
        + $"steps_per_search={(double)outcome.SearchSteps / Math.Max(1, outcome.Searches):f2} same={outcome.SameOutcome}/{outcome.Compared} addresses={outcome.SameAddress}/{outcome.ComparedAddresses} first_difference={(outcome.FirstDifference - load.Counts.Begin) / 1e9:f6}");
    if (round == 0)
    {
        foreach (ReplayFailure failure in outcome.FailuresByCause)
            Console.WriteLine($"  {failure}");
        Console.WriteLine($"  copied {outcome.CopiedBytes} searches {string.Join(' ', outcome.SearchesByArea)} pool {outcome.Pool} areas {outcome.Areas} {outcome.Parameter} {outcome.Kernel} made {outcome.PoolsMade} restricted {string.Join(' ', outcome.RestrictedHighWater)}");
        var c = load.Counts;
        Console.WriteLine($"  counts: mappings {c.Mappings} bounced {c.Bounced} failed {c.FailedAttempts}/{c.FailedRequests} unserved {c.UnservedRequests} withoutMap {c.WithoutMap} translated {c.Translated} truncated {c.TruncatedLists} missing {c.MissingEntries} unusable {c.Unusable} lost {c.LostEvents}; assumed: {string.Join("; ", load.Machine.Assumptions)}");
    }
}

return 0;
