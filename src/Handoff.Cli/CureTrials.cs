using Handoff.Cli.Terminal;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Replay;

namespace Handoff.Cli;

/// <summary>Replays a recorded load on the machines that findings propose. The recording is read again when the first is asked for.</summary>
internal sealed class CureTrials(TraceBundle bundle, Session session)
{
    private RecordedLoad? _load;

    /// <summary>The recorded machine itself; <see langword="null"/> if nothing was tried.</summary>
    public ReplayOutcome? Baseline { get; private set; }

    /// <summary>Replays. After Ctrl-C it gives nothing: half a replay says nothing about a cure.</summary>
    public IReadOnlyList<ReplayOutcome> Run(IReadOnlyList<ReplayConfiguration> configurations)
    {
        if (session.Cancelled.IsCancellationRequested)
            return [];
        _load ??= RecordedLoad.Open(bundle, session.Cancelled);
        List<ReplayConfiguration> all = Baseline is null ? [ReplayConfiguration.AsRecorded, .. configurations] : [.. configurations];
        using var progress = new ReadingProgress(session, "tried cures on the recorded load,");
        IReadOnlyList<ReplayOutcome> outcomes = ReplayRun.Run(_load, all, progress.Report, session.Cancelled);
        if (session.Cancelled.IsCancellationRequested)
            return [];
        if (Baseline is not null)
            return outcomes;
        Baseline = outcomes[0];
        return [.. outcomes.Skip(1)];
    }
}
