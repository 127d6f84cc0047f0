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

var reading = Stopwatch.StartNew();
RecordedLoad load = RecordedLoad.Open(bundle);
long operations = 0;
foreach (LoadChunk chunk in load.Pass())
    operations += chunk.Count;
Console.WriteLine($"load: {load.Counts.Events} events -> {operations} operations in {reading.Elapsed.TotalMilliseconds:f0} ms = {load.Counts.Events / reading.Elapsed.TotalSeconds / 1e6:f2} M events/s");

var configuration = new ReplayConfiguration { Slots = args.Length > 1 ? uint.Parse(args[1]) : null };
for (int round = 0; round < 9; round++)
{
    var replayer = new LoadReplayer(load, configuration);
    long allocated = GC.GetAllocatedBytesForCurrentThread();
    var watch = Stopwatch.StartNew();
    foreach (LoadChunk chunk in load.Pass())
        replayer.Process(chunk);
    watch.Stop();
    allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
    ReplayOutcome outcome = replayer.Outcome();
    Console.WriteLine(
        $"replay round={round} operations_per_s={outcome.Operations / watch.Elapsed.TotalSeconds:f0} ns_per_operation={watch.Elapsed.TotalNanoseconds / outcome.Operations:f1} "
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
