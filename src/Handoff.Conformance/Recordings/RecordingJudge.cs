using Handoff.Conformance.Recordings.Machines;
using Handoff.Conformance.Recordings.Probe;
using Handoff.Conformance.Recordings.Replay;
using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings;

/// <summary>Judges one recording: what the kernel said at boot, the probe's log, and the trace.</summary>
internal static class RecordingJudge
{
    /// <summary>Judges the recording in a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="keep">How many differences to keep.</param>
    public static RecordingVerdict Judge(string directory, int keep)
    {
        var verdict = new RecordingVerdict(directory, keep);
        if (!Directory.Exists(directory))
        {
            verdict.Problems.Add(File.Exists(directory) ? "is a file; a recording is a directory" : "no such directory");
            return verdict;
        }

        var facts = MachineFacts.Read(directory);
        if (facts.Ram is null)
        {
            verdict.Problems.AddRange(facts.Diagnostics);
            verdict.Problems.Add("machine.txt does not say where RAM is (its section iomem); without that nothing can be judged");
            return verdict;
        }

        foreach (string problem in facts.Diagnostics)
            verdict.AddNote(problem);
        var recorded = new RecordedMachine(facts);
        verdict.Kernel = recorded.Kernel.Name;
        try
        {
            MachineJudge.Judge(recorded, verdict);
            string? trace = PackedFile.Find(directory, "trace.dat") ?? PackedFile.Find(directory, "trace.txt");
            ReplayedCases? cases = trace is null ? null : Replayer.Replay(recorded, verdict, trace);
            ProbeJudge.Judge(recorded, verdict, cases);
            foreach (string other in OtherTraces(directory))
                Replayer.Replay(recorded, verdict, other);
        }
        catch (InsufficientMemoryException e)
        {
            verdict.Problems.Add($"the recorded machine's memory cannot be reserved: {e.Message}");
        }

        return verdict;
    }

    /// <summary>Further recordings of parts of the same boot, such as a buffer instance recorded while it ran.</summary>
    private static IEnumerable<string> OtherTraces(string directory) =>
        Directory.EnumerateFiles(directory, "*.dat*")
            .Where(static f => !Path.GetFileName(f).StartsWith("trace.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);
}
