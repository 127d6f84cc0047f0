using Handoff.Conformance.Recordings.Machines;
using Handoff.Conformance.Recordings.Replay;
using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>Repeats what the probe module did, on the engine, and compares every line of its log.</summary>
internal sealed class ProbeJudge : IDisposable
{
    private const string Cut = "the log begins or ends in the middle of this case";

    private readonly ProbeLog _log;
    private readonly ProbeBench _bench;
    private readonly ProbeState _state;
    private readonly ListCases _lists;

    private ProbeJudge(RecordedMachine recorded, RecordingVerdict verdict, ReplayedCases? cases)
    {
        _log = new ProbeLog(recorded.Facts, verdict);
        _bench = new ProbeBench(recorded, cases);
        _state = new ProbeState(_log, _bench);
        _lists = new ListCases(_log, _bench, _state);
    }

    /// <summary>Judges the whole log of a recording.</summary>
    /// <param name="recorded">The machine.</param>
    /// <param name="verdict">Receives counts and differences.</param>
    /// <param name="cases">What the engine did in the probe's cases when the trace was replayed; <see langword="null"/> without a trace.</param>
    public static void Judge(RecordedMachine recorded, RecordingVerdict verdict, ReplayedCases? cases)
    {
        if (recorded.Facts.Probe.IsEmpty)
            return;
        using var judge = new ProbeJudge(recorded, verdict, cases);
        while (judge._log.Current is { } line)
            judge.JudgeNext(line);
    }

    public void Dispose() => _bench.Dispose();

    private void JudgeNext(ProbeLine line)
    {
        switch (line.Kind)
        {
            case "dev" or "set_mask" or "min_align" or "cmd":
                _state.Judge(_log.Take());
                break;
            case "sgent" or "sg":
                List<ProbeLine> entries = _log.TakeWhile(l => l.Kind == "sgent" && l.Case == line.Case);
                if (_log.Current is { Kind: "sg" } list && (entries.Count == 0 || list.Case == line.Case))
                    Covered(_log.Take(), entries, l => _lists.Judge(entries, l));
                else
                    _log.Explain(entries, Cut);
                break;
            case "ubuf-cached" or "ubuf-uncached" or "dmabuf":
                List<ProbeLine> steps = _log.TakeWhile(l => l.Kind == line.Kind && l.Case == line.Case);
                if (!steps[0].Has("begin") || !steps[^1].Has("end"))
                    _log.Explain(steps, Cut);
                else if (_state.IsTranslated(steps[0].Text("A")) || _state.IsTranslated(steps[0].Text("B")))
                    _log.NotCovered(steps);
                else
                    new ShareCase(_log, _bench, steps).Judge();
                _state.Count(line.Case);
                break;
            case "partial":
                List<ProbeLine> parts = _log.TakeWhile(l => l.Kind == "partial" && l.Case == line.Case);
                if (_state.IsTranslated(_state.DeviceOf(line)))
                    _log.NotCovered(parts);
                else
                    PartialCase.Judge(_log, _bench, _state, parts);
                _state.Count(line.Case);
                break;
            case "hold":
                List<ProbeLine> held = _log.TakeWhile(l => l.Kind == "hold" && l.Case == line.Case);
                if (_state.IsTranslated(_state.DeviceOf(line)))
                    _log.NotCovered(held);
                else
                    HoldCase.Judge(_log, _bench, _state, held);
                _state.Count(line.Case);
                break;
            case "single":
                Covered(_log.Take(), [], l => SingleCase.Judge(_log, _bench, _state, l));
                break;
            case "edu":
                Covered(_log.Take(), [], l => EduCase.Judge(_log, _bench, _state, l));
                break;
            case "alloc" or "alloc_atomic" or "alloc_pages" or "alloc_nc" or "resource":
                Covered(_log.Take(), [], l => AllocCases.Judge(_log, _bench, _state, l));
                break;
            case "misuse":
                Covered(_log.Take(), [], l => _state.Misuse.Judge(l));
                break;
            default:
                _log.Explain([_log.Take()], "not a line this program knows");
                break;
        }
    }

    private void Covered(ProbeLine line, List<ProbeLine> more, Action<ProbeLine> judge)
    {
        if (_state.IsTranslated(_state.DeviceOf(line)))
            _log.NotCovered([.. more, line]);
        else
            judge(line);
        _state.Count(line.Case);
    }
}
