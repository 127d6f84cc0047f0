using Handoff.Litmus.Language;

namespace Handoff.Litmus.Cures;

/// <summary>One thread waits for another.</summary>
internal static class AddedOrder
{
    private const int Most = 80;

    public static IEnumerable<Candidate> Of(ProgramText program)
    {
        string name = Unused(program);
        int made = 0;
        foreach (ThreadDeclaration first in program.Test.Threads)
        {
            foreach (ThreadDeclaration second in program.Test.Threads.Where(t => t != first && !t.Body.IsEmpty))
            {
                // Late signals before early waits order most, and are the least surprising.
                foreach (Statement signal in first.Body.Reverse().Where(s => s is not CheckStatement))
                {
                    foreach (Statement wait in second.Body.Where(s => s is not CheckStatement))
                    {
                        if (++made > Most)
                            yield break;
                        yield return new Candidate(
                            CureKind.Program, 24, $"with line {program.Line(wait)} waiting for line {program.Line(signal)} (signal, wait)", wait.Span,
                            [program.After(signal, $"signal({name});"), program.Before(wait, $"wait({name});")])
                        {
                            Group = $"order {first.Name} {second.Name}",
                        };
                    }
                }
            }
        }
    }

    private static string Unused(ProgramText program)
    {
        string name = "done";
        for (int i = 2; program.Source.Text.Contains(name, StringComparison.Ordinal); i++)
            name = $"done{i}";
        return name;
    }
}
