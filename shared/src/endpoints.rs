//! One list of handlers makes both the router and its description.

#[doc(hidden)]
pub use utoipa_axum;

/// Declares `routes()` and `description()` of a function from its handlers, each with its `utoipa::path`.
///
/// Two functions, because a Lambda that starts needs the routes at once and the description never: making it took a fifth
/// of the instructions of a cold start, and its code is left out of a binary that doesn't call it.
#[macro_export]
macro_rules! endpoints {
    ($state:ty: $($module:ident::$handler:ident),+ $(,)?) => {
        /// The routes, without a state.
        pub fn routes() -> axum::Router<$state> {
            use $crate::endpoints::utoipa_axum::PathItemExt as _;
            let router = axum::Router::new();
            $(
                let router = $crate::endpoints::utoipa_axum::paste! {{
                    type Described = $module::[<__path_ $handler>];
                    let path = <Described as utoipa::Path>::path();
                    let methods = <Described as utoipa::Path>::methods();
                    methods.iter().fold(router, |router, method| {
                        router.route(&path, axum::routing::on(method.to_method_filter(), $module::$handler))
                    })
                }};
            )+
            router
        }

        /// The description of the routes.
        pub fn description() -> utoipa::openapi::OpenApi {
            use $crate::endpoints::utoipa_axum;
            let router = utoipa_axum::router::OpenApiRouter::<$state>::new();
            router$(.routes(utoipa_axum::routes!($module::$handler)))+.into_openapi()
        }
    };
}
