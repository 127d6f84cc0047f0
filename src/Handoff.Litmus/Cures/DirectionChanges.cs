using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>Other directions: in one call, in all calls about one mapping, in the sessions of one dma-buf.</summary>
internal static class DirectionChanges
{
    private static readonly string[] s_directions = ["DMA_BIDIRECTIONAL", "DMA_TO_DEVICE", "DMA_FROM_DEVICE"];

    public static IEnumerable<Candidate> Of(ProgramText program)
    {
        foreach (MappedName mapping in program.Mappings)
        {
            CallStatement[] calls = [mapping.Made, .. mapping.Uses];
            CallStatement[] directed = [.. calls.Where(c => c[ParameterRole.Direction] is FlagsArgument)];
            if (directed.Length < 2)
                continue;
            foreach (string direction in s_directions.Where(d => directed.Any(c => Direction(c) != d)))
            {
                CallStatement[] changed = [.. directed.Where(c => Direction(c) != direction)];
                yield return new Candidate(
                    CureKind.Program, 11 + (2 * changed.Length), $"with {direction} on {program.Lines(changed)}", changed[0].Span, [.. changed.Select(c => ProgramText.Replace(c, WithDirection(c, direction)))]);
            }
        }

        foreach (CallStatement call in program.Test.AllStatements.OfType<CallStatement>())
        {
            foreach (string direction in s_directions.Where(d => Direction(call) is { } now && now != d))
                yield return new Candidate(CureKind.Program, 13, $"with {direction} on line {program.Line(call)}", call.Span, [ProgramText.Replace(call, WithDirection(call, direction))]);
        }

        foreach (var sessions in program.Test.AllStatements.OfType<CallStatement>().Where(IsSession).GroupBy(c => c.Memory?.Name.Text))
        {
            CallStatement[] narrow = [.. sessions.Where(c => Both(c) != LitmusPrinter.Statement(c))];
            foreach (CallStatement call in narrow)
                yield return new Candidate(CureKind.Program, 13, $"with {Word(call)} on line {program.Line(call)}", call.Span, [ProgramText.Replace(call, Both(call))]);
            if (narrow.Length > 1)
                yield return new Candidate(CureKind.Program, 15, $"with {Word(narrow[0])} on {program.Lines(narrow)}", narrow[0].Span, [.. narrow.Select(c => ProgramText.Replace(c, Both(c)))]);
        }
    }

    private static bool IsSession(CallStatement call) => call.Function == ApiFunction.Ioctl;

    private static string Word(CallStatement call) => call.SyncFlags.HasFlag(DmaBufSyncFlags.End) ? "DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW" : "DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW";

    private static string Both(CallStatement call) => $"ioctl({call.Memory!.Name}, DMA_BUF_IOCTL_SYNC, {Word(call)});";

    private static string? Direction(CallStatement call) => (call[ParameterRole.Direction] as FlagsArgument)?.Names[0].Text;

    private static CallStatement WithDirection(CallStatement call, string direction) =>
        call with { Arguments = call.Arguments.Replace(call[ParameterRole.Direction]!, new FlagsArgument([new Name(direction)])) };
}
