using System.Runtime.InteropServices;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration;

/// <summary>What of a program its verdicts depend on, in one spelling: two programs are equal here exactly if they differ in names, texts and numbering only.</summary>
/// <remarks>
/// Kernels and machines that decide alike lower a test to equal programs, so that one search answers for all of them. Cells, lines,
/// versions and findings are numbered in the order in which steps mention them. Cells that no step mentions, and work on lines that
/// have no others, raise no verdict and are left out.
/// </remarks>
internal sealed class CanonicalProgram : IEquatable<CanonicalProgram>
{
    private readonly int[] _words;
    private readonly int _hash;

    private CanonicalProgram(int[] words, int[] findings)
    {
        (_words, Findings) = (words, findings);
        HashCode hash = default;
        hash.AddBytes(MemoryMarshal.AsBytes(words.AsSpan()));
        _hash = hash.ToHashCode();
    }

    /// <summary>For each finding of this program: its number in the program that it was made from.</summary>
    public int[] Findings { get; }

    /// <summary>Numbers that it takes.</summary>
    public int Length => _words.Length;

    /// <summary>The canonical spelling of a program.</summary>
    public static CanonicalProgram Of(AtomicProgram program) => new CanonicalWriter(program).Write((words, findings) => new CanonicalProgram(words, findings));

    /// <summary>The program, without names and texts.</summary>
    public AtomicProgram ToProgram() => CanonicalReader.Read(_words);

    public bool Equals(CanonicalProgram? other) => other is not null && other._hash == _hash && _words.AsSpan().SequenceEqual(other._words);

    public override bool Equals(object? obj) => Equals(obj as CanonicalProgram);

    public override int GetHashCode() => _hash;
}
