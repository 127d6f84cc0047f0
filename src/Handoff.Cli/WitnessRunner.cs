using Handoff.Cli.Terminal;
using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Litmus.Witnesses;
using Handoff.Reports.Check;

namespace Handoff.Cli;

/// <summary>Saves witnesses, and replays them.</summary>
internal static class WitnessRunner
{
    /// <summary>Saves the story that is told of a report with one test and one kernel.</summary>
    /// <exception cref="UserErrorException">There is no story, or the file cannot be written.</exception>
    public static void Save(CheckReport report, Verdict? wanted, string path)
    {
        var test = report.Tests[0];
        var cell = test.Cells[0];
        var verdict = wanted ?? cell.Gravest;
        if (verdict == Verdict.Ok || ExplainWriter.Shortest(cell.Result.Variants, verdict) is not { } told)
            throw new UserErrorException(ExitCode.Differs, $"there is no witness to save: {(verdict == Verdict.Ok ? "nothing goes wrong" : $"no story of {VerdictText.Name(verdict)}")}");
        var witness = Witness.Of(cell.Result.Test, test.Source, cell.Kernel, told.Machine, told.Story) with { On = report.On?.Name };
        OutputFile.Write(path, stream => WitnessFile.Write(witness, stream));
    }

    /// <summary>Replays a witness of a test.</summary>
    /// <param name="test">The test.</param>
    /// <param name="path">The witness's file.</param>
    /// <param name="kernels">The kernels that were named on the command line, if any.</param>
    /// <param name="session">Where output goes.</param>
    public static ExitCode Replay(ParseResult test, string path, IReadOnlyList<KernelProfile>? kernels, Session session)
    {
        string name = LitmusFile.Printable(path);
        var witness = WitnessFile.Read(ReadFile(path), out var problem);
        if (witness is null)
            throw Failure(name, problem!);
        if (KernelProfiles.Parse(witness.Kernel) is not { Succeeded: true, Profiles: [var kernel] })
            throw new UserErrorException(ExitCode.BadInput, $"{name}: error {WitnessProblem.OtherKernel}: made under '{LitmusFile.Printable(witness.Kernel)}', which is no known kernel", "handoff kernels lists them all");
        if (kernels is not null && !kernels.Any(each => each.Name == kernel.Name))
            throw Failure(name, new WitnessProblem(WitnessProblem.OtherKernel, 0, $"the witness was made under {kernel.Name}, not {kernels[0].Name}", "leave --kernel out: the file names its kernel"));

        (Story story, problem) = WitnessReplay.Run(test.Test!, kernel, witness);
        if (problem is { IsAboutFile: true })
            throw Failure(name, problem);
        ExplainWriter.WriteReplay(test.Source, witness with { Title = LitmusFile.Printable(witness.Title) }, story, problem is null, session.OutInk, session.Width);
        return problem is null ? ExitCode.AsExpected : throw Failure(name, problem);
    }

    private static UserErrorException Failure(string name, WitnessProblem problem)
    {
        string place = problem.Step > 0 ? $" at step {problem.Step}" : "";
        return new UserErrorException(
            problem.IsAboutFile ? ExitCode.BadInput : ExitCode.Differs, $"{name}: error {problem.Id}{place}: {LitmusFile.Printable(problem.Message)}", problem.Hint);
    }

    private static byte[] ReadFile(string path)
    {
        string name = LitmusFile.Printable(path);
        try
        {
            using var file = File.OpenRead(path);
            using var all = new MemoryStream();
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                all.Write(buffer, 0, read);
                if (all.Length > WitnessFile.LargestFile)
                    throw new UserErrorException(ExitCode.BadInput, $"{name}: too long for a witness (over {WitnessFile.LargestFile >> 20} MiB)");
            }

            return all.ToArray();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{name}: cannot be read: {problem.Message}", LitmusFile.Suggest(path));
        }
    }
}
