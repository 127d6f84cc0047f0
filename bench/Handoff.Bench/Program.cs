using System.Globalization;
using Handoff.Bench;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["pairs" or "pairs-apart", var wantedThreads, var wantedDepth, var wantedSize, var rounds])
{
    // One combination, again and again, for bench/scaling.
    int size = int.Parse(wantedSize), threads = int.Parse(wantedThreads), depth = int.Parse(wantedDepth);
    for (int warm = 0; warm < 2; warm++)
        BouncePairs.Measure(threads, depth, size, 300_000);
    for (int round = int.Parse(rounds); round > 0; round--)
    {
        foreach (double ns in BouncePairs.Measure(threads, depth, size, size >= 2048 ? 4_000_000 : 20_000_000, args[0] == "pairs-apart").NsOfThreads)
            Console.WriteLine($"{ns:F1}");
    }

    return;
}

double scale = args is ["--quick", ..] ? 0.1 : 1;

for (int warm = 0; warm < 4; warm++)
    BouncePairs.Measure(1, 1 + (warm * 85), 64, 300_000);

for (int threads = 1; threads <= 2; threads++)
{
    foreach (int depth in (int[])[1, 256])
    {
        foreach (int size in BouncePairs.Sizes)
        {
            if (!BouncePairs.Applies(threads, depth, size))
                continue;
            long pairs = (long)(scale * (size >= 65536 ? 20_000 : size >= 4096 ? 400_000 : 2_000_000));
            BouncePairs.Result r = BouncePairs.Measure(threads, depth, size, pairs);
            Console.WriteLine(
                $"threads={threads} depth={depth} size={size} pairs_per_s={r.Pairs / r.Seconds:F0} ns_per_pair={r.NsPerPair:F1} "
                + $"GBps={2.0 * r.Pairs * size / r.Seconds / 1e9:F2} bytes_allocated_per_pair={r.AllocatedPerPair:F3}");
        }
    }
}

foreach (bool coherent in (bool[])[true, false])
{
    (double ns, double allocated) = DirectPairs.Measure(coherent, (long)(scale * 20_000_000));
    Console.WriteLine($"direct coherent={(coherent ? 1 : 0)} ns_per_pair={ns:F2} bytes_allocated_per_pair={allocated:F3}");
}

foreach (int live in (int[])[16, 1024, 65536])
{
    foreach (bool partial in (bool[])[false, true])
    {
        (double perSecond, double allocated) = OwnershipEvents.Measure(live, partial, (long)(scale * 20_000_000));
        Console.WriteLine($"ownership live={live} partial_syncs={(partial ? 1 : 0)} events_per_s={perSecond:F0} bytes_allocated_per_event={allocated:F3}");
    }
}
