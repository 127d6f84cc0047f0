using System.Collections.Immutable;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>The same calls in another order: a release before the CPU looks, a wait before the release.</summary>
internal static class OrderChanges
{
    private const int Farthest = 6; // statements that a call is moved over

    public static IEnumerable<Candidate> Of(ProgramText program)
    {
        foreach (ImmutableArray<Statement> block in program.Blocks)
        {
            for (int i = 0; i < block.Length; i++)
            {
                if (!Moves(block[i]))
                    continue;
                int length = i + 1 < block.Length && block[i + 1] is CheckStatement ? 2 : 1; // a call and the check of its result go together
                string text = string.Join('\n', Enumerable.Range(i, length).Select(k => program.Source[block[k].Span]));
                TextEdit[] taken = [.. Enumerable.Range(i, length).Select(k => program.Without(block[k]))];
                for (int j = i - 1; j >= Math.Max(0, i - Farthest); j--)
                    yield return Move(program, block[i], block[j], before: true, taken, text);
                for (int j = i + length; j < Math.Min(block.Length, i + length + Farthest); j++)
                    yield return Move(program, block[i], block[j], before: false, taken, text);
            }
        }
    }

    private static Candidate Move(ProgramText program, Statement what, Statement where, bool before, TextEdit[] taken, string text)
    {
        string name = what switch
        {
            CallStatement { Function: ApiFunction.Ioctl } ioctl => string.Join(" | ", ((FlagsArgument)ioctl[ParameterRole.SyncFlags]!).Names),
            CallStatement call => call.Signature.Name,
            _ => LitmusPrinter.Statement(what).TrimEnd(';'),
        };
        TextEdit put = before ? program.Before(where, text) : program.After(where, text);
        return new Candidate(
            CureKind.Program, 18, $"with {name} of line {program.Line(what)} {(before ? "before" : "after")} line {program.Line(where)}", what.Span, [.. taken, put])
        {
            Group = $"{(before ? "earlier" : "later")} {what.Span.Start}",
        };
    }

    private static bool Moves(Statement statement) => statement switch
    {
        CallStatement call => call.Signature.Kind is ApiKind.Map or ApiKind.MapList or ApiKind.Unmap or ApiKind.UnmapList or ApiKind.Sync or ApiKind.Release
            or ApiKind.Free or ApiKind.DmaBuf or ApiKind.User,
        DeviceWaitStatement or SignalStatement or WaitStatement => true,
        _ => false,
    };
}
