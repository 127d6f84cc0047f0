using System.Globalization;
using System.Reflection;
using System.Text;

namespace Handoff.Readme.Tests;

/// <summary>Lists what a library shows to others: a line for each type and member, in the order of their names.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The listing.</summary>
    public static string[] Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(static type => Members(type).Prepend(Head(type))).Distinct().Order(StringComparer.Ordinal)];

    private static string Head(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";
        var bases = type.GetInterfaces().Where(static each => each.IsVisible).Select(Name).Order(StringComparer.Ordinal).ToList();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum) && parent != typeof(MulticastDelegate))
            bases.Insert(0, Name(parent));
        return $"{Name(type)} : {kind}{string.Concat(bases.Select(static each => ", " + each))}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        string owner = Name(type);
        if (type.IsEnum)
            return type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => $"{owner}.{field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        var fields = type.GetFields(Declared).Where(static field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly)
            .Select(field => $"{owner}.{field.Name} : {(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{Name(field.FieldType)}{(field.IsLiteral ? $" = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}" : "")}");
        var methods = type.GetMethods(Declared).Where(static method => IsShown(method) && !method.Name.Contains('<', StringComparison.Ordinal))
            .Select(method => $"{owner}.{method.Name}{Generic(method)}({Parameters(method)}) : {(method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.IsVirtual && !method.IsFinal ? "virtual " : "")}{Name(method.ReturnType)}");
        var constructors = type.GetConstructors(Declared).Where(static each => IsShown(each) && !each.IsStatic).Select(each => $"{owner}.new({Parameters(each)})");
        return fields.Concat(methods).Concat(constructors);
    }

    private static bool IsShown(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Generic(MethodInfo method) => method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(static each => each.Name))}>" : "";

    // Callers may name parameters and leave optional ones out: both belong to what must not change.
    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(static each =>
        $"{(each.IsOut ? "out " : each.ParameterType.IsByRef ? "ref " : "")}{Name(each.ParameterType)} {each.Name}{(each.IsOptional ? " = " + (Convert.ToString(each.RawDefaultValue, CultureInfo.InvariantCulture) is { Length: > 0 } value ? value : "default") : "")}"));

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (type.IsGenericParameter)
            return type.Name;
        var name = new StringBuilder(type.IsNested ? Name(type.DeclaringType!) + "." : type.Namespace is "System" ? "" : type.Namespace + ".");
        name.Append(type.Name.Split('`')[0]);
        if (type.IsGenericType)
            name.Append('<').AppendJoin(", ", type.GetGenericArguments().Select(Name)).Append('>');
        return name.ToString();
    }
}
