using System.Text;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Bench;

/// <summary>Writes an atomic program as a Promela model: one process per agent, one per cache line for the moves nobody asked for.</summary>
/// <remarks>Stale and foreign reads are assertions. "Lost" is not checked there, which is in SPIN's favour.</remarks>
internal static class PromelaWriter
{
    public static string Write(AtomicProgram program)
    {
        var text = new StringBuilder();
        int cells = program.Cells.Length;
        for (int cell = 0; cell < cells; cell++)
            text.AppendLine($"byte d{cell} = {program.Cells[cell].Initial}; byte c{cell};");
        text.AppendLine($"byte st[{program.LineCount}]; byte pc[{program.Agents.Length}];");
        for (int line = 0; line < program.LineCount; line++)
        {
            int[] mine = [.. Enumerable.Range(0, cells).Where(i => program.Cells[i].Line == line)];
            string Each(Func<int, string> what) => string.Concat(mine.Select(m => what(m) + "; "));
            text.AppendLine($"inline fetch{line}() {{ if :: st[{line}] == 0 -> {Each(m => $"c{m} = d{m}")}st[{line}] = 1 :: else fi }}");
            text.AppendLine($"inline drop{line}() {{ {Each(m => $"c{m} = 0")}st[{line}] = 0 }}");
            text.AppendLine($"inline back{line}() {{ {Each(m => $"d{m} = c{m}")}st[{line}] = 1 }}");
            text.AppendLine($"active proctype cache{line}() {{ end: do :: d_step {{ st[{line}] == 0 -> fetch{line}() }} :: d_step {{ st[{line}] == 1 -> drop{line}() }} :: d_step {{ st[{line}] == 2 -> back{line}() }} od }}");
        }

        for (int a = 0; a < program.Agents.Length; a++)
        {
            text.AppendLine($"active proctype agent{a}() {{");
            for (int i = 0; i < program.Agents[a].Steps.Length; i++)
            {
                AtomicStep step = program.Agents[a].Steps[i];
                string guard = step.After.IsEmpty ? "true" : string.Join(" && ", step.After.Select(p => $"pc[{p.Step.Agent}] > {p.Step.Index}"));
                text.Append($"  d_step {{ {guard} -> ");
                foreach (Operation operation in step.Operations)
                    text.Append(Of(program, operation, new StepRef(a, i)));
                text.AppendLine($"pc[{a}] = {i + 1} }};");
            }

            text.AppendLine("  skip }");
        }

        return text.ToString();
    }

    private static string Of(AtomicProgram program, Operation o, StepRef step)
    {
        int line = o.IsMaintenance ? o.Target : program.Cells[o.Target].Line;
        string dirtyBack = $"if :: st[{line}] == 2 -> back{line}() :: else fi; ";
        switch (o.Kind)
        {
            case OperationKind.Read:
                string where = o.Path == AccessPath.Cached ? $"c{o.Target}" : $"d{o.Target}";
                string bad = string.Join(" && ", Enumerable.Range(0, program.Versions.Length)
                    .Where(v => program.IsForeign(v, o.Home) || program.IsStale(v, step)).Select(v => $"{where} != {v}").DefaultIfEmpty("true"));
                return (o.Path == AccessPath.Cached ? $"fetch{line}(); " : "") + $"assert({bad}); ";
            case OperationKind.Write when o.Path == AccessPath.Cached:
                return $"fetch{line}(); c{o.Target} = {o.Version}; st[{line}] = 2; ";
            case OperationKind.Write when o.Path == AccessPath.Snooped:
                return $"{dirtyBack}drop{line}(); d{o.Target} = {o.Version}; ";
            case OperationKind.Write:
                return $"d{o.Target} = {o.Version}; ";
            case OperationKind.Copy:
                int from = program.Cells[o.Source].Line;
                return $"fetch{from}(); fetch{line}(); c{o.Target} = c{o.Source}; st[{line}] = 2; ";
            case OperationKind.Clean:
                return dirtyBack;
            case OperationKind.CleanInvalidate:
                return $"{dirtyBack}drop{line}(); ";
            case OperationKind.Invalidate:
                return $"drop{line}(); ";
            default:
                return "";
        }
    }
}
