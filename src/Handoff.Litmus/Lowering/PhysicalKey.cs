using System.Runtime.InteropServices;
using Handoff.Litmus.Model;
using Handoff.Swiotlb;

namespace Handoff.Litmus.Lowering;

/// <summary>All that a program's verdicts depend on before memory is cut into cells: equal keys mean equal verdicts, findings by their order included.</summary>
/// <remarks>Most kernels do the same to the same addresses, and this is found out much faster than that their programs are equal.</remarks>
internal sealed class PhysicalKey : IEquatable<PhysicalKey>
{
    private readonly ulong[] _words;
    private readonly int _hash;

    private PhysicalKey(ulong[] words, int[] findings)
    {
        (_words, Findings) = (words, findings);
        ulong hash = 0x9e37_79b9_7f4a_7c15;
        foreach (ulong word in words)
        {
            hash = (hash ^ word) * 0xff51_afd7_ed55_8ccd;
            hash ^= hash >> 32;
        }

        _hash = (int)(hash ^ (hash >> 29));
    }

    /// <summary>The findings that steps point to, in the order in which they do.</summary>
    public int[] Findings { get; }

    /// <summary>Numbers that it takes.</summary>
    public int Length => _words.Length;

    public static PhysicalKey Of(PhysicalProgram program)
    {
        var words = new List<ulong>(256);
        var findings = new List<int>();
        words.Add(program.Line);
        words.Add((uint)program.Agents.Count);
        foreach ((string _, List<PhysicalStep> steps) in program.Agents)
        {
            words.Add((uint)steps.Count);
            foreach (PhysicalStep step in steps)
                Add(words, findings, step);
        }

        Add(words, program.Others.Bounces);
        Add(words, program.Others.Zeroed);
        AddTouched(words, program);
        return new PhysicalKey([.. words], [.. findings]);
    }

    public bool Equals(PhysicalKey? other) => other is not null && other._hash == _hash && _words.AsSpan().SequenceEqual(other._words);

    public override bool Equals(object? obj) => Equals(obj as PhysicalKey);

    public override int GetHashCode() => _hash;

    private static void Add(List<ulong> words, List<int> findings, PhysicalStep step)
    {
        words.Add(Pair(step.Effects.Count, (int)step.Raises));
        words.Add(Pair(step.After.Count, step.Checks.Count));
        foreach (ref readonly MemoryEffect effect in CollectionsMarshal.AsSpan(step.Effects))
        {
            words.Add((uint)effect.Kind | ((uint)effect.Path << 8));
            words.Add(effect.Start);
            words.Add(effect.Size);
            words.Add(effect.Other);
        }

        foreach (Precondition before in step.After)
            words.Add(Pair(before.Step.Agent, before.Step.Index) | (before.Orders ? 1UL << 63 : 0));
        foreach (WindowCheck check in step.Checks)
        {
            int finding = -1;
            if (check.Finding >= 0 && (finding = findings.IndexOf(check.Finding)) < 0)
            {
                finding = findings.Count;
                findings.Add(check.Finding);
            }

            words.Add((uint)check.Verdict | (check.RaiseInside ? 1U << 8 : 0) | ((ulong)(uint)check.Windows.Length << 32));
            words.Add((uint)finding);
            foreach (Window window in check.Windows)
            {
                words.Add(Pair(window.Agent, window.From));
                words.Add(Pair(window.EndAgent, window.To));
            }
        }
    }

    /// <summary>Which pools lie where steps act: kernels place and size pools in many ways that do not matter.</summary>
    private static void AddTouched(List<ulong> words, PhysicalProgram program)
    {
        foreach ((ulong start, ulong size) in program.Others.Pools)
        {
            if (!program.Agents.Any(a => a.Steps.Exists(s => s.Effects.Exists(e => Touches(e, start, size)))))
                continue;
            words.Add(start);
            words.Add(size);
        }
    }

    /// <summary>Whether an effect touches a range, or the cache line beside it that belongs to neither.</summary>
    private static bool Touches(MemoryEffect effect, ulong start, ulong size)
    {
        return Cross(effect.Start) || (effect.HasOther && Cross(effect.Other));

        bool Cross(ulong from) => from < start + size + SwiotlbConstants.SlotSize && start < from + effect.Size + SwiotlbConstants.SlotSize;
    }

    private static void Add(List<ulong> words, IReadOnlyList<(ulong Start, ulong Size)> ranges)
    {
        words.Add((uint)ranges.Count);
        foreach ((ulong start, ulong size) in ranges)
        {
            words.Add(start);
            words.Add(size);
        }
    }

    private static ulong Pair(int a, int b) => (uint)a | ((ulong)(uint)b << 32);
}
