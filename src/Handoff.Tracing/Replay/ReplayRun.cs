namespace Handoff.Tracing.Replay;

/// <summary>Replays a load on several configurations.</summary>
public static class ReplayRun
{
    /// <summary>Replays of one pass hold at most about so many slots in total; more configurations take further passes.</summary>
    private const long MostSlots = 16L << 20;

    /// <summary>Leaves out configurations whose machine is that of an earlier one: kernels round sizes and numbers of areas.</summary>
    /// <returns>The others, in order.</returns>
    public static IReadOnlyList<ReplayConfiguration> Distinct(RecordedLoad load, IEnumerable<ReplayConfiguration> configurations)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(configurations);
        var seen = new HashSet<(string, int, int, bool, string)>();
        var distinct = new List<ReplayConfiguration>();
        foreach (ReplayConfiguration configuration in configurations)
        {
            DmaLayer<CountingMemory> layer = ReplayMachine.Boot(load.Machine, configuration);
            string rest = string.Join(' ', configuration.Masks.Concat(configuration.Regions).Select(static pair => $"{pair.Key}={pair.Value}"));
            if (seen.Add((layer.Kernel.Name, layer.Swiotlb?.DefaultPool.Slots ?? 0, layer.Swiotlb?.DefaultPool.Areas ?? 0, layer.Swiotlb is { ForceBounce: true }, rest)))
                distinct.Add(configuration);
        }

        return distinct;
    }

    /// <summary>Replays; configurations run in parallel, outcomes do not depend on how many processors help.</summary>
    /// <param name="load">The load.</param>
    /// <param name="configurations">The configurations.</param>
    /// <param name="progress">Told after each stretch: how much of all passes is done, 0 to 1 (-1 if unknown).</param>
    /// <param name="cancellation">Ends the replay; the outcomes are then those of the part that was replayed.</param>
    /// <returns>Outcomes in the order of the configurations.</returns>
    public static IReadOnlyList<ReplayOutcome> Run(
        RecordedLoad load, IReadOnlyList<ReplayConfiguration> configurations, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(load);
        ArgumentNullException.ThrowIfNull(configurations);
        var outcomes = new List<ReplayOutcome>(configurations.Count);
        while (outcomes.Count < configurations.Count)
        {
            var batch = new List<LoadReplayer>();
            long slots = 0;
            for (int i = outcomes.Count; i < configurations.Count && (batch.Count == 0 || slots < MostSlots); i++)
            {
                batch.Add(new LoadReplayer(load, configurations[i]));
                slots += batch[^1].DefaultPool?.Slots ?? 0;
            }

            int done = outcomes.Count;
            foreach (LoadChunk chunk in load.Pass(cancellation))
            {
                if (cancellation.IsCancellationRequested)
                    break;
                if (batch.Count == 1)
                    batch[0].Process(chunk);
                else
                    Parallel.ForEach(batch, replayer => replayer.Process(chunk));
                if (progress is not null)
                    progress(load.Progress < 0 ? -1 : (done + (batch.Count * load.Progress)) / configurations.Count);
            }

            outcomes.AddRange(batch.Select(static replayer => replayer.Outcome()));
        }

        return outcomes;
    }
}
