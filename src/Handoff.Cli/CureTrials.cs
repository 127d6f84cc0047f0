using Handoff.Cli.Terminal;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Cli;

/// <summary>Replays a recorded load on the machines that findings propose. The recording is read again when the first is asked for.</summary>
/// <param name="bundle">The recording.</param>
/// <param name="events">Its length.</param>
/// <param name="session">The run.</param>
internal sealed class CureTrials(TraceBundle bundle, long events, Session session) : ICureTrials
{
    /// <summary>Reading longer recordings again, for something that is not wrong, takes longer than the report itself.</summary>
    private const long MostEventsForCosts = 250_000;

    private RecordedLoad? _load;

    /// <inheritdoc/>
    public ReplayOutcome? Baseline { get; private set; }

    /// <inheritdoc/>
    public bool TriesCosts => _load is not null || events <= MostEventsForCosts;

    /// <inheritdoc/>
    public IReadOnlyList<ReplayOutcome> Run(IReadOnlyList<ReplayConfiguration> configurations)
    {
        if (session.Cancelled.IsCancellationRequested)
            return [];
        List<ReplayConfiguration> all = Baseline is null ? [ReplayConfiguration.AsRecorded, .. configurations] : [.. configurations];
        using var progress = new ReadingProgress(session, "tried cures on the recorded load,");
        IReadOnlyList<ReplayOutcome> outcomes = ReplayRun.Run(Load(), all, progress.Report, session.Cancelled);
        if (session.Cancelled.IsCancellationRequested)
            return []; // half a replay says nothing about a cure
        if (Load().Counts.IsCut)
            return []; // nor does half a load: what failed may have failed in the other half
        if (Baseline is not null)
            return outcomes;
        Baseline = outcomes[0];
        return [.. outcomes.Skip(1)];
    }

    /// <inheritdoc/>
    public SizeResult? Sizes()
    {
        if (session.Cancelled.IsCancellationRequested)
            return null;
        using var progress = new ReadingProgress(session, "tried pool sizes on the recorded load,");
        progress.Report(-1);
        SizeResult result = SizeSearch.Run(Load(), new SizeOptions(), cancellation: session.Cancelled);
        return result.Interrupted || Load().Counts.IsCut ? null : result;
    }

    private RecordedLoad Load() => _load ??= RecordedLoad.Open(bundle, session.Cancelled);
}
